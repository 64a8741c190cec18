"""
The list that letters to the people exposed are made from: one sheet, one row a person, text only.

Word and LibreOffice take the first sheet and its first row for the names of
the merge fields. Numbers and dates are written out, because a merge shows
them as the machine's settings like.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any, BinaryIO

from scanner.columns import letter
from scanner.export.letters.letter_check import LetterCheck
from scanner.export.request import Request
from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import figure, long_moment, wording
from scanner.export.workbook.book import new_book
from scanner.export.workbook.sheet import LongTexts, Sheet
from scanner.flag import DO_NOT_CONTACT
from scanner.language import filled
from scanner.model import VISIBLE_FIELDS, AddressKey, ExposedAddress, Person, Progress, Report, StoredMessage, is_dated

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Shown:
    """One message that showed people."""

    sent_at: int
    subject: str
    people: int
    """Exposed people, as the incident unites their addresses."""

    viewers: int
    named: frozenset[str]
    """Exposed people, by their ids, whose names stand in the subject."""


def write(report: Report, file: BinaryIO, progress: Progress | None = None, request: Request | None = None) -> None:
    """
    Write the list into an open file.

    Args:
        report: Of the incidents that people are told of. Of each message a
            line is kept, of each exposure event a number.

        file: Takes the bytes.

        progress: Expects exposure events and people.

        request: Says whether no readable copy may touch the disk.
    """
    clock = Clock(report.head.time_zone)
    if progress is not None:
        progress.expect(report.totals.ladder.exposure_events + report.totals.ladder.exposed_people)
    title = wording()["letter"]["title"].format(organisation=visible(report.head.organisation)).removeprefix(": ")
    sealed = request is not None and request.password is not None
    with new_book(file, report.head, title=title, sealed=sealed) as book:
        long_texts = LongTexts(book, title)
        sheet = Sheet(book, letter("mail_merge"), clock=clock, long_texts=long_texts, title=title)
        messages, shown_in = _exposures(report, progress)
        for person in report.people():
            numbers = sorted({number for key in person.addresses for number in shown_in.get(key, ())})
            for row in _rows(person, [messages[number] for number in numbers], clock):
                sheet.append(row)
            if progress is not None:
                progress.advance(1)
        sheet.close()
        long_texts.close()


def _exposures(report: Report, progress: Progress | None) -> tuple[list[_Shown], dict[AddressKey, "array[int]"]]:
    """Return the messages, and of each address the numbers of those that showed it."""
    messages: list[_Shown] = []
    shown_in: dict[AddressKey, array[int]] = {}
    for incident in report.incidents():
        could_see = {viewer.key for viewer in incident.viewers}
        by_key = {entry.key: entry for entry in incident.exposed}
        for part in incident.messages:
            viewers = _viewers(part.message, could_see)
            people = len({by_key[key].person_id for key in part.exposed})
            named = _named(part.message.subject, [by_key[key] for key in part.exposed])
            shown = _Shown(part.message.sent_at, part.message.subject, people, viewers, named)
            for key in part.exposed:
                shown_in.setdefault(key, array("l")).append(len(messages))
            messages.append(shown)
            if progress is not None:
                progress.advance(len(part.exposed))
    return messages, shown_in


def _named(subject: str, exposed: Iterable[ExposedAddress]) -> frozenset[str]:
    """Return who of these people is named in a subject, with two words at least: one may be a word like others."""
    words = frozenset(_WORD.findall(subject.casefold()))
    return frozenset(
        entry.person_id
        for entry in exposed
        for name in entry.display_names
        if len(parts := _WORD.findall(name.casefold())) > 1 and words.issuperset(parts)
    )


def _viewers(message: StoredMessage, could_see: Set[AddressKey | None]) -> int:
    """Return how many of an incident's viewers a message went to."""
    went_to = {entry.key for entry in message.recipients if entry.field in VISIBLE_FIELDS or entry.field == "bcc"}
    return len(went_to & could_see)


def _rows(person: Person, shown: list[_Shown], clock: Clock) -> Iterator[dict[str, Any]]:
    """Yield one row; where the client register knows several people at the address, one for each of them."""
    shown = sorted(shown, key=lambda each: each.sent_at)
    for client in person.clients or (None,):
        others = frozenset[str]().union(*(each.named for each in shown)) - {person.person_id}
        check = LetterCheck(person, client, [each.sent_at for each in shown], clock, names_others=bool(others))
        yield {**_who(check), **_what(shown, clock)}


def _who(check: LetterCheck) -> dict[str, Any]:
    words, person, client = wording()["letter"], check.person, check.client
    is_registered = client is not None and client.name
    source = words["from_register"] if is_registered else words["from_mail"] if check.name else words["from_nowhere"]
    return {
        "letter_person": person.person_id,
        "letter_hold": check.hold,
        "letter_check": check.checks,
        "letter_name": check.name,
        "letter_salutation": check.salutation,
        "letter_name_source": source,
        "letter_client": client.id if client else "",
        "letter_postal_address": client.postal_address.splitlines() if client else (),
        # A merge by e-mail writes to whoever has an address here, whatever else the row says.
        "letter_email": "" if check.hold else person.addresses[0],
        "letter_held_email": person.addresses[0] if check.hold else "",
        "letter_other_emails": ", ".join(person.addresses[1:]),
        "letter_do_not_contact": words["do_not_contact"] if DO_NOT_CONTACT in check.flags else "",
        "letter_told": check.told,
        "letter_flags": tuple(flag for flag in check.flags if flag != DO_NOT_CONTACT),
        "letter_safe_channel": check.safe_channel,
        "letter_incidents": ", ".join(person.incidents),
    }


def _what(shown: list[_Shown], clock: Clock) -> dict[str, Any]:
    words = wording()["letter"]
    told = [
        filled(
            words["exposure"],
            {
                "moment": long_moment(clock, each.sent_at),
                "viewers": each.viewers,
                "others": each.people - 1,
                "subject": each.subject or words["no_subject"],
            },
            figure,
        )
        for each in shown
    ]
    # The first and last of those that have a date, if any has one.
    ordered = [each for each in shown if is_dated(each.sent_at)] or shown
    return {
        "letter_count": figure(len(shown)),
        "letter_first": long_moment(clock, ordered[0].sent_at) if shown else "",
        "letter_last": long_moment(clock, ordered[-1].sent_at) if shown else "",
        "letter_most_viewers": figure(max((each.viewers for each in shown), default=0)),
        "letter_exposures": wording()["lines"]["list"].join(told),
    }
