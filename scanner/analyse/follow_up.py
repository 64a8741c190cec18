"""
The apology check: who of the exposed was written to about it afterwards.

A mail follows an incident up when the organisation sent it after the
incident's first message and within the policy's window after the last, and
when it answers one of these messages, or its subject apologises, recalls or
asks to delete, or has the same stem. A word that also means a reminder does
none of this here: only a mail to the same people, which linking looks for, can
bear it out. To them alone or to few people it is an
individual follow-up; in Bcc it reached them without showing them again; what
shows two of them to each other is open, be it to few. Apologies that belong to
the incident count likewise; recalls and corrections tell nobody what happened.
Only stored mail counts: nobody knows of a letter or a call.

What is told of one incident depends on its own messages and on the mail sent
within its window, and on nothing else.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from scanner.analyse.kind import calls_back, may_remind, refers_back
from scanner.analyse.message_id import message_ids_in
from scanner.analyse.subject import read_subject
from scanner.model import (
    AddressedMail,
    AddressKey,
    FollowedUp,
    FollowUp,
    Identity,
    Incident,
    IncidentKey,
    ReferredIncident,
    SentMail,
)

FEW = 3
"""Outsiders a mail may have, Bcc included, to be an individual one."""

How = Literal["answer", "apology", "subject"]
Reached = tuple[int, int, Identity, How]
"""
Individual, hidden or open; moment and identity of the mail; how it refers.

Of two ways the smaller is told.
"""

_INDIVIDUAL, _HIDDEN, _OPEN = range(3)


@dataclass(slots=True)
class Afterwards:
    """Whom of one incident mail reached afterwards, by the number of the address."""

    people: dict[int, Reached] = field(default_factory=dict)
    open_mails: set[Identity] = field(default_factory=set)
    """Those that showed at least two of them to each other again."""

    shown_again: set[int] = field(default_factory=set)


NOBODY = Afterwards()
"""What follows an incident that no mail refers to; not to be changed."""

_APOLOGIES = frozenset({"recall", "apology", "correction"})


class Seeker:
    """
    Finds the mail that refers to incidents.

    Args:
        sought: The incidents, in any order.
    """

    def __init__(self, sought: Iterable[ReferredIncident]) -> None:
        # By the moment they begin, so that a mail is held against those that are open at its moment.
        self._all = sorted(sought, key=lambda one: (one.first_sent_at, one.key))
        self._begins = [one.first_sent_at for one in self._all]
        self._longest = max((one.until - one.first_sent_at for one in self._all), default=0)
        self._by_stem: dict[str, list[ReferredIncident]] = {}
        self._by_id: dict[str, list[ReferredIncident]] = {}
        self._subjects: dict[tuple[str, bool | None], tuple[str, bool]] = {}
        for one in self._all:
            for stem in one.stems:
                self._by_stem.setdefault(stem, []).append(one)
            for name in one.message_ids:
                self._by_id.setdefault(name, []).append(one)

    def referred(self, mails: Iterable[SentMail]) -> Iterator[tuple[int, ReferredIncident, How]]:
        """Yield (row of the mail, incident, how), the strongest way only, in the order of the mails."""
        for mail in mails:
            refers = _refers(mail)
            stem, is_apology = self._subject(mail.subject, refers)
            found: dict[IncidentKey, tuple[ReferredIncident, How]] = {}
            if refers:
                for name in message_ids_in(f"{mail.in_reply_to or ''} {mail.references or ''}"):
                    found.update((one.key, (one, "answer")) for one in self._by_id.get(name, ()))
            if is_apology:
                for one in self._open_at(mail.sent_at):
                    found.setdefault(one.key, (one, "apology"))
            for one in self._by_stem.get(stem, ()):
                found.setdefault(one.key, (one, "subject"))
            for one, how in found.values():
                is_own_apology = mail.number in one.apologies
                is_part = mail.number in one.messages or (how == "subject" and mail.number in one.siblings)
                if one.first_sent_at < mail.sent_at <= one.until and (is_own_apology or not is_part):
                    yield mail.number, one, "apology" if is_own_apology else how

    def _subject(self, text: str, refers: bool | None) -> tuple[str, bool]:
        known = self._subjects.get((text, refers))
        if known is None:
            subject = read_subject(text)
            is_apology = calls_back(subject, is_borne_out=refers) and not may_remind(subject, is_borne_out=refers)
            known = self._subjects[text, refers] = (subject.stem, is_apology)
        return known

    def _open_at(self, moment: int) -> list[ReferredIncident]:
        begin, end = bisect_left(self._begins, moment - self._longest), bisect_left(self._begins, moment)
        return self._all[begin:end]


def _refers(mail: SentMail) -> bool | None:
    """Tell whether a field says that it answers another one, by the rule of linking."""
    fields = {"in-reply-to": mail.in_reply_to, "references": mail.references, "thread-index": mail.thread_index}
    return refers_back({name: body for name, body in fields.items() if body})


def follow_ups(
    found: Iterable[tuple[int, ReferredIncident, How]], mails: Mapping[int, AddressedMail]
) -> dict[IncidentKey, Afterwards]:
    """
    Return, by incident, who was reached.

    An individual mail goes before one that hid its recipients, that before an
    open one, the earlier before the later. What shows many and has nothing
    but the subject of the incident is other mail of its series.

    Args:
        found: From `Seeker.referred`.

        mails: Row → the mail, of all rows in `found` that went to an outsider.
    """
    reached: dict[IncidentKey, Afterwards] = {}
    for number, sought, how in found:
        mail = mails.get(number)
        if mail is None:
            continue
        is_to_few = len(mail.people) <= FEW
        if not is_to_few and mail.shown >= 2 and how == "subject":
            continue
        after = reached.setdefault(sought.key, Afterwards())
        shown = sought.exposed.intersection(mail.people[: mail.shown])
        if len(shown) >= 2:
            if number not in sought.messages:
                after.open_mails.add(mail.identity)
            after.shown_again |= shown
        is_open = len(shown) >= 2 or (mail.shown >= 2 and not is_to_few)
        for place, person in enumerate(mail.people):
            if person in sought.exposed:
                unseen = _INDIVIDUAL if is_to_few else _HIDDEN
                way = _OPEN if is_open and place < mail.shown else unseen
                entry = (way, mail.sent_at, mail.identity, how)
                after.people[person] = min(after.people.get(person, entry), entry)
    return reached


def describe_follow_up(
    incident: Incident,
    until: int,
    after: Afterwards,
    numbers: Mapping[AddressKey, int],
) -> FollowUp:
    """
    Return what is told of one incident.

    Args:
        incident: With its messages and exposed addresses.

        until: End of its window.

        after: Of this incident, from `follow_ups`.

        numbers: Number of each exposed address.
    """
    ways: tuple[list[FollowedUp], list[FollowedUp], list[FollowedUp]] = ([], [], [])
    for entry in incident.exposed:
        if (answer := after.people.get(numbers[entry.key])) is not None:
            way, sent_at, identity, how = answer
            ways[way].append(FollowedUp(entry.key, sent_at, identity, how))
    exposed = {numbers[entry.key] for entry in incident.exposed}
    return FollowUp(
        until=until,
        individual=tuple(ways[_INDIVIDUAL]),
        hidden=tuple(ways[_HIDDEN]),
        none=len(incident.exposed) - sum(map(len, ways)),
        open_apologies=sum(
            1 for part in incident.messages if part.kind in _APOLOGIES and part.exposed and not part.is_unseen_recall
        ),
        open=tuple(ways[_OPEN]),
        open_mails=len(after.open_mails),
        shown_again=len(after.shown_again & exposed),
    )
