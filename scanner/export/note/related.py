"""What is related: incidents that tell the same story at other times, and why each does."""

from collections.abc import Iterator

from scanner.export.note.block import Block, Entry, Paragraph, Part, Subject, counted, minute, subject_line, texts
from scanner.model import RelatedIncident

_LISTED = 12


def incidents(subject: Subject) -> Iterator[Block]:
    """Give the related incidents by time, each with what it shares; many are cut, those in the queue last."""
    words, lines = texts("related"), texts("lines")
    if not subject.related:
        if subject.head is not None:
            yield Paragraph(words["nothing"])
        return
    worst = sorted(subject.related, key=lambda one: (one.rank == 0, one.rank, -one.score, one.key))[:_LISTED]
    told = {one.key for one in worst}
    for one in subject.related:
        if one.key in told:
            yield Entry(minute(subject.clock, one.first_sent_at), _text(one), (_why(one),))
    if others := [one.key for one in subject.related if one.key not in told]:
        number = counted("incident", len(others))
        yield Paragraph(words["more"].format(incidents=number, keys=lines["list"].join(others)))


def _text(one: RelatedIncident) -> str:
    words = texts("related")
    place = words["queued"].format(rank=f"{one.rank:,}") if one.rank else words["unqueued"]
    text: str = words["one"].format(
        key=one.key,
        place=place,
        points=counted("point", one.score),
        shown=f"{one.exposed_addresses:,}",
        subject=subject_line(one.subject),
    )
    return text


def _why(one: RelatedIncident) -> str:
    words = texts("related")
    reasons = (
        words[name].format(shared=f"{one.shared_addresses:,}", shown=f"{one.exposed_addresses:,}") for name in one.why
    )
    text: str = words["why"].format(reasons=texts("lines")["clause"].join(reasons))
    return text


PARTS: tuple[Part, ...] = (incidents,)
