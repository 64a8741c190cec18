"""
What of a candidate other incidents may ask for, and the terms by which they find it.

A thin reading has all that linking, the surroundings and relations look at and
nothing else: no names, no copies, no viewers. It is kept with the result, so
that an analysis of new mail need not read the old mail beside it again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from scanner.analyse.exposure import Exposure
from scanner.analyse.message_id import message_id_system
from scanner.analyse.reading import Reading, thread_ids
from scanner.analyse.subject import Subject
from scanner.analyse.thread import ThreadOrigin, witnesses_of
from scanner.model import IncidentKey, StoredMessage

_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Thin:
    """One candidate, as its neighbours see it."""

    number: int
    """Of the message in the store."""

    reading: Reading
    """Made of what `thin_text` keeps; everything else of it is empty."""

    origin: ThreadOrigin | None
    newcomers: tuple[int, bool]
    """As `find_newcomers` says of it; (0, False) when it says nothing."""

    one_by_one: int
    """As `count_alone` says of it; 0 when it says nothing."""

    threads: tuple[str, ...]
    """Terms of the mail by which it is judged as an answer."""

    text: str
    incident: IncidentKey | None = None
    """To which it belonged in the analysis before."""


def thin_text(reading: Reading, origin: ThreadOrigin | None, newcomers: tuple[int, bool], alone: int) -> str:
    """Return what is kept of a reading, as JSON; equal texts, equal part in other incidents."""
    message, subject = reading.message, reading.subject
    began = None
    if origin is not None:
        people = None if origin.people is None else sorted(origin.people.intersection(reading.exposed))
        began = [origin.moment, people, sorted(origin.beginners), origin.is_single]
    content = [
        message.identity,
        message.sent_at,
        message_id_system(message.message_id),
        "in-reply-to" in message.fields,
        reading.exposure.visible,
        reading.exposure.hidden,
        [subject.stem, subject.commonplace, subject.signs, subject.apologises, subject.asks_to_delete],
        sorted(reading.units),
        reading.kind,
        reading.refers,
        reading.recalls,
        reading.is_member,
        began,
        newcomers,
        alone,
        _thread_terms(reading),
    ]
    return _encode(content)


def make_thin(
    number: int, reading: Reading, origin: ThreadOrigin | None, newcomers: tuple[int, bool], alone: int
) -> Thin:
    """Return a candidate as its neighbours see it, with nothing that `thin_text` does not keep."""
    return read_thin(number, thin_text(reading, origin, newcomers, alone), None)


def read_thin(number: int, text: str, incident: IncidentKey | None) -> Thin:
    """Return the candidate that `thin_text` kept."""
    content = json.loads(text)
    identity, sent_at, host, is_answer, visible, hidden, subject, units, kind, refers, *rest = content
    recalls, member, began, new, alone, threads = rest
    stem, commonplace, signs, apologises, asks = subject
    origin = None
    if began is not None:
        moment, people, beginners, is_single = began
        origin = ThreadOrigin(moment, None if people is None else frozenset(people), frozenset(beginners), is_single)
    reading = Reading(
        message=StoredMessage(
            identity=identity,
            message_id=f"<@{host}>" if host else "",
            date_field="",
            sent_at=sent_at,
            sent_offset=None,
            origin="sent",
            subject="",
            recipients=(),
            copies=(),
            fields={"in-reply-to": ""} if is_answer else {},
        ),
        exposure=Exposure(tuple(visible), tuple(hidden), (), 0, (), (), ()),
        subject=Subject(stem, commonplace, tuple(signs), apologises, asks),
        labels=(),
        units=frozenset(units),
        kind=kind,
        refers=refers,
        recalls=recalls,
        is_member=member,
    )
    return Thin(number, reading, origin, (new[0], new[1]), alone, tuple(threads), text, incident)


def _thread_terms(reading: Reading) -> list[str]:
    if not reading.is_member:
        return []
    ids = thread_ids(reading.message)
    roots = [rooted_at(message_id_system(ids[0]))] if ids else []
    return [*sorted(set(map(witness, witnesses_of(reading.message)))), *roots]


def shown(key: str) -> str:
    """Return the term of members that expose an address."""
    return f"a {key}"


def hidden(key: str) -> str:
    """Return the term of mail that hid its list, this address among it."""
    return f"h {key}"


def called(key: str) -> str:
    """Return the term of mail that may take another one back and went to an address, visibly or not."""
    return f"c {key}"


def mailing(unit: str, stem: str) -> str:
    """Return the term of members of one mailing: the same unit and stem."""
    return f"m {unit}\n{stem}"


def hidden_mailing(unit: str, stem: str) -> str:
    """Return the term of mail of one mailing that hid its list."""
    return f"b {unit}\n{stem}"


def stem_of(stem: str) -> str:
    """Return the term of members with a stem that is not commonplace."""
    return f"s {stem}"


def sent_by(unit: str) -> str:
    """Return the term of members that a unit sent."""
    return f"u {unit}"


def witness(message_id: str) -> str:
    """Return the term of members that are judged by the mail with this Message-ID."""
    return f"t {message_id.strip()}"


def rooted_at(system: str) -> str:
    """Return the term of members whose thread began with a Message-ID of this system."""
    return f"r {system}"


def named_by(system: str) -> str:
    """Return the term of candidates whose Message-ID is of this system."""
    return f"o {system}"


def terms_of(candidate: Thin) -> set[str]:
    """Return the terms by which a candidate is found."""
    return _terms(candidate.reading, candidate.threads)


def reading_terms(reading: Reading) -> set[str]:
    """Return the terms by which a reading is found as a candidate: those of the thin one that is made of it."""
    return _terms(reading, _thread_terms(reading))


def _terms(reading: Reading, threads: Iterable[str]) -> set[str]:
    terms = {*threads, named_by(message_id_system(reading.message.message_id))}
    stem = reading.subject.stem
    if reading.is_member:
        terms.update(map(shown, reading.exposed))
        terms.update(mailing(unit, stem) for unit in reading.units)
        terms.update(map(sent_by, reading.units))
        if not reading.subject.commonplace:
            terms.add(stem_of(stem))
    if may_take_back(reading):
        terms.update(map(called, reading.reached))
    if reading.hides_its_list:
        terms.update(map(hidden, reading.exposure.hidden))
        terms.update(hidden_mailing(unit, stem) for unit in reading.units)
    return terms


def may_take_back(reading: Reading) -> bool:
    """Tell whether linking asks whose list a mail takes back."""
    return reading.recalls and (reading.is_member or reading.hides_its_list)
