"""
The apology check: who of the exposed was written to about it afterwards.

A mail follows an incident up when the organisation sent it after the
incident's first message and within the policy's window after the last, and
when it answers one of these messages, or its subject apologises, recalls or
asks to delete, or has the same stem. To them alone or to few people it is an
individual follow-up; with everybody in Bcc it reached them without showing
them again. Only stored mail counts: nobody knows of a letter or a call.

What is told of one incident depends on its own messages and on the mail sent
within its window, and on nothing else.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from scanner.analyse.kind import calls_back
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
Reached = tuple[bool, int, Identity, How]
"""Hidden with others, moment and identity of the mail, how it refers: of two ways the smaller is told."""

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
        self._subjects: dict[str, tuple[str, bool]] = {}
        for one in self._all:
            for stem in one.stems:
                self._by_stem.setdefault(stem, []).append(one)
            for name in one.message_ids:
                self._by_id.setdefault(name, []).append(one)

    def referred(self, mails: Iterable[SentMail]) -> Iterator[tuple[int, ReferredIncident, How]]:
        """Yield (row of the mail, incident, how), the strongest way only, in the order of the mails."""
        for mail in mails:
            stem, is_apology = self._subject(mail.subject)
            found: dict[IncidentKey, tuple[ReferredIncident, How]] = {}
            if mail.in_reply_to or mail.references:
                for name in message_ids_in(f"{mail.in_reply_to or ''} {mail.references or ''}"):
                    found.update((one.key, (one, "answer")) for one in self._by_id.get(name, ()))
            if is_apology:
                for one in self._open_at(mail.sent_at):
                    found.setdefault(one.key, (one, "apology"))
            for one in self._by_stem.get(stem, ()):
                found.setdefault(one.key, (one, "subject"))
            for one, how in found.values():
                is_part = mail.number in one.messages or (how == "subject" and mail.number in one.siblings)
                if one.first_sent_at < mail.sent_at <= one.until and not is_part:
                    yield mail.number, one, how

    def _subject(self, text: str) -> tuple[str, bool]:
        known = self._subjects.get(text)
        if known is None:
            subject = read_subject(text)
            # A subject inherited with "Re:" is polite at most, as for recalls.
            known = self._subjects[text] = (subject.stem, calls_back(subject))
        return known

    def _open_at(self, moment: int) -> list[ReferredIncident]:
        begin, end = bisect_left(self._begins, moment - self._longest), bisect_left(self._begins, moment)
        return self._all[begin:end]


def follow_ups(
    found: Iterable[tuple[int, ReferredIncident, How]], mails: Mapping[int, AddressedMail]
) -> dict[IncidentKey, dict[int, Reached]]:
    """
    Return, by incident, who was reached: number of the address → how.

    An individual mail goes before one that hid its recipients, the earlier before the later.

    Args:
        found: From `Seeker.referred`.

        mails: Row → the mail, of all rows in `found` that went to an outsider.
    """
    reached: dict[IncidentKey, dict[int, Reached]] = {}
    for number, sought, how in found:
        mail = mails.get(number)
        if mail is None:
            continue
        is_individual = len(mail.people) <= FEW
        if not is_individual and mail.shown >= 2:
            continue
        people = reached.setdefault(sought.key, {})
        for person in mail.people if is_individual else mail.people[mail.shown :]:
            if person in sought.exposed:
                entry = (not is_individual, mail.sent_at, mail.identity, how)
                people[person] = min(people.get(person, entry), entry)
    return reached


def describe_follow_up(
    incident: Incident,
    until: int,
    reached: Mapping[int, Reached],
    numbers: Mapping[AddressKey, int],
) -> FollowUp:
    """
    Return what is told of one incident.

    Args:
        incident: With its messages and exposed addresses.

        until: End of its window.

        reached: Of this incident, from `follow_ups`.

        numbers: Number of each exposed address.
    """
    individual: list[FollowedUp] = []
    hidden: list[FollowedUp] = []
    for entry in incident.exposed:
        if (answer := reached.get(numbers[entry.key])) is not None:
            is_hidden, sent_at, identity, how = answer
            (hidden if is_hidden else individual).append(FollowedUp(entry.key, sent_at, identity, how))
    return FollowUp(
        until=until,
        individual=tuple(individual),
        hidden=tuple(hidden),
        none=len(incident.exposed) - len(individual) - len(hidden),
        open_apologies=sum(1 for part in incident.messages if part.kind in _APOLOGIES and part.exposed),
    )
