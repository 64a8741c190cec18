"""What is related: incidents that tell the same story at other times, and why each does."""

from collections.abc import Iterable, Iterator, Sequence

from scanner.export.note.block import Block, Entry, Paragraph, Part, Subject, counted, minute, subject_line, texts
from scanner.export.words.wording import figure
from scanner.model import IncidentKey, RelatedIncident

_LISTED = 12


def incidents(subject: Subject) -> Iterator[Block]:
    """Give the incidents that share list, people or subject, by time; of many the worst, and the others by key."""
    words = texts("related")
    if not subject.related and subject.head is not None:
        yield Paragraph(words["nothing"])
    near = [one for one in subject.related if one.why != ("sender",)]
    told, others = _worst(near)
    for one in near:
        if one.key in told:
            yield Entry(minute(subject.clock, one.first_sent_at), _text(one), (_why(one),))
    if others:
        yield Paragraph(words["more"].format(incidents=counted("incident", len(others)), keys=_keys(others)))


def of_the_sender(subject: Subject) -> Iterator[Block]:
    """Name the incidents that share nothing but the sender, the worst first."""
    own = sorted((one for one in subject.related if one.why == ("sender",)), key=_order)
    if own:
        text = texts("related")["sender_only"]
        yield Paragraph(text.format(incidents=counted("incident", len(own)), keys=_keys(own)))


def _worst(related: Iterable[RelatedIncident]) -> tuple[set[IncidentKey], list[RelatedIncident]]:
    ordered = sorted(related, key=_order)
    return {one.key for one in ordered[:_LISTED]}, ordered[_LISTED:]


def _order(one: RelatedIncident) -> tuple[bool, int, int, str]:
    return one.rank == 0, one.rank, -one.score, one.key


def _keys(related: Sequence[RelatedIncident]) -> str:
    words = texts("related")
    queued = words["queued"]
    named = [f"{one.key} {queued.format(rank=figure(one.rank))}" if one.rank else one.key for one in related[:_LISTED]]
    if len(related) > _LISTED:
        named.append(words["unnamed"].format(number=figure(len(related) - _LISTED)))
    text: str = texts("lines")["list"].join(named)
    return text


def _text(one: RelatedIncident) -> str:
    words = texts("related")
    place = words["queued"].format(rank=figure(one.rank)) if one.rank else words["unqueued"]
    text: str = words["one"].format(
        key=one.key,
        place=place,
        points=counted("point", one.score),
        shown=figure(one.exposed_addresses),
        subject=subject_line(one.subject),
    )
    return text


def _why(one: RelatedIncident) -> str:
    words = texts("related")
    reasons = (
        words[name].format(shared=figure(one.shared_addresses), shown=figure(one.exposed_addresses)) for name in one.why
    )
    text: str = words["why"].format(reasons=texts("lines")["clause"].join(reasons))
    return text


PARTS: tuple[Part, ...] = (incidents, of_the_sender)
