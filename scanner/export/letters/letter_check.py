"""
Before a letter goes out: why one must not be sent as it is, what somebody looks at first, and how it begins.

A row that is held back keeps its place in the list: nobody is dropped, and
what holds it back can be dealt with by a person.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scanner.addresses.role import is_role
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import figure, long_day, long_moment, wording
from scanner.flag import DO_NOT_CONTACT, is_flag
from scanner.model import AUTOMATIC, Client, Person

CHILD, VULNERABLE, DECEASED = "child", "vulnerable", "deceased"


@dataclass(frozen=True, slots=True)
class LetterCheck:
    """
    What holds of one letter.

    Args:
        person: Whom the mail showed.

        client: Whom the client register knows at the address, None = nobody; one of several who share it.

        sent_at: Of the messages that showed the person, in seconds.

        clock: For dates.

        names_others: The subject of one of these messages names somebody else whom it showed.
    """

    person: Person
    client: Client | None
    sent_at: Sequence[int]
    clock: Clock
    names_others: bool = False

    @property
    def name(self) -> str:
        """Whom the letter is for: by the client register, else as the mail showed it; "" = nobody knows."""
        if self.client and self.client.name:
            return self.client.name
        return next(iter(self.person.display_names), "")

    @property
    def flags(self) -> tuple[str, ...]:
        """What is to be heeded: the client register's flags, then those that somebody noted."""
        noted = self.person.contact.flags if self.person.contact else ()
        return tuple(dict.fromkeys((*self._registered, *noted)))

    @property
    def safe_channel(self) -> str:
        """How the person can be reached without harm; what somebody noted goes before the client register."""
        if self.person.contact and self.person.contact.safe_channel:
            return self.person.contact.safe_channel
        return self.client.safe_channel if self.client else ""

    @property
    def told(self) -> str:
        """When and how the person was told before; "" = not yet."""
        contact = self.person.contact
        if contact is None or contact.notified_at is None:
            return ""
        words = wording()["letter"]
        form = words["told"] if contact.notified_how else words["told_when"]
        return str(form.format(moment=long_moment(self.clock, contact.notified_at), how=visible(contact.notified_how)))

    @property
    def salutation(self) -> str:
        """How the letter begins: by name only where the name is the reader's own."""
        words = wording()["letter"]
        name = self._own_name()
        form = "salutation_nobody" if not name else "salutation_child" if CHILD in self.flags else "salutation"
        return str(words[form].format(name=name))

    @property
    def hold(self) -> str:
        """Why the letter must not go out as it is; "" = nothing is known against it."""
        words = wording()["letter"]
        reasons = wording()["lines"]["list"].join(words[name] for name in self._held())
        return str(words["hold"].format(reasons=reasons)) if reasons else ""

    @property
    def checks(self) -> str:
        """What a person looks at first, in sentences."""
        return " ".join(
            (
                *self._flag_checks(),
                *self._told_checks(),
                *self._address_checks(),
                *self._name_checks(),
                *self._subject_checks(),
            )
        )

    @property
    def _registered(self) -> tuple[str, ...]:
        return self.client.flags if self.client else ()

    @property
    def _is_list(self) -> bool:
        return self.person.tier == "list" or "list" in self.person.address_classes

    @property
    def _is_role(self) -> bool:
        """The letter would go to an address of a function, unless somebody stated that it is a person's."""
        if self.person.tier == "role" or self.person.tier_source != AUTOMATIC:
            return self.person.tier == "role"
        return is_role(self.person.addresses[0].rpartition("@")[0])

    @property
    def _told_of_all(self) -> bool:
        at = self.person.contact.notified_at if self.person.contact else None
        return at is not None and all(moment <= at for moment in self.sent_at)

    def _held(self) -> Iterator[str]:
        """Yield what holds the letter back, as names of the wording."""
        if DO_NOT_CONTACT in self.flags:
            yield "hold_contact"
        if DECEASED in self.flags:
            yield "hold_deceased"
        if CHILD in self.flags:
            yield "hold_child"
        if self._is_list:
            yield "hold_list"
        if self._told_of_all:
            yield "hold_told"
        if self.safe_channel:
            yield "hold_channel"

    def _flag_checks(self) -> Iterator[str]:
        words = wording()["letter"]
        if DO_NOT_CONTACT in self._registered:
            yield words["check_contact"]
        elif DO_NOT_CONTACT in self.flags:
            yield words["check_contact_noted"]
        elif any(DO_NOT_CONTACT in other.flags for other in self.person.clients):
            yield words["check_contact_shared"]
        for flag, name in ((DECEASED, "check_deceased"), (CHILD, "check_child"), (VULNERABLE, "check_vulnerable")):
            if flag in self.flags:
                yield words[name]
        if others := [visible(flag) for flag in self.flags if not is_flag(flag)]:
            yield words["check_flag"].format(flags=wording()["lines"]["list"].join(others))
        if self.safe_channel:
            yield words["check_channel"].format(channel=visible(self.safe_channel))

    def _told_checks(self) -> Iterator[str]:
        contact = self.person.contact
        if contact is not None and contact.notified_at is not None:
            words = wording()["letter"]
            day = long_day(self.clock, contact.notified_at)
            later = sum(moment > contact.notified_at for moment in self.sent_at)
            form = words["check_told_later"] if later else words["check_told"]
            yield form.format(day=day, how=visible(contact.notified_how) or words["told_unknown"], later=figure(later))

    def _address_checks(self) -> Iterator[str]:
        words = wording()["letter"]
        if self._is_list:
            yield words["check_list"]
        elif self._is_role:
            yield words["check_role"]
        if len(self.person.clients) > 1:
            yield words["check_shared"]

    def _name_checks(self) -> Iterator[str]:
        words, person = wording()["letter"], self.person
        separator = wording()["lines"]["list"]
        if (self.client and self.client.name) or self._is_list:
            return
        if person.unfit_names:
            yield words["check_unfit"].format(names=separator.join(map(visible, person.unfit_names)))
        elif len(person.display_names) > 1:
            yield words["check_names"].format(names=separator.join(map(visible, person.display_names)))
        elif not person.display_names and not self._is_role:
            yield words["check_none"]

    def _subject_checks(self) -> Iterator[str]:
        if self.names_others:
            yield wording()["letter"]["check_subject"]

    def _own_name(self) -> str:
        """Return the name to greet with; "" where none is known, or it may be another's, or no person's."""
        if self._is_list:
            return ""
        if self.client and self.client.name:
            return _in_order(visible(self.client.name))
        names = {" ".join(sorted(name.casefold().replace(",", " ").split())) for name in self.person.display_names}
        is_own = len(names) == 1 and not self.person.unfit_names and self.person.tier in ("full", "partial")
        name = _in_order(visible(self.name))
        return name if is_own and not self._is_role and _looks_like_name(name) else ""


def _looks_like_name(name: str) -> bool:
    """Tell whether a name shown can follow "Dear": no address, no number, no sign that no name has."""
    return sum(map(str.isalpha, name)) > 1 and all(one.isalpha() or one in " .,'’-·" for one in name)


def _in_order(name: str) -> str:
    """Return "Lovelace, Ada" as one addresses her: Ada Lovelace; what follows a comma as a degree stays there."""
    last, _, given = (part.strip() for part in name.partition(","))
    if last and given and "," not in given and "." not in given and not given.isupper():
        return f"{given} {last}"
    return name
