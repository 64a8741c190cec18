"""Why it ranks here: whether it is queued and why, and every reason with its points."""

from collections.abc import Iterator

from scanner.export.note.block import Block, Entry, Paragraph, Part, Subject, counted, texts
from scanner.export.tables.rows import why_not_queued
from scanner.export.words.wording import figure, reason_text
from scanner.model import Incident

_QUEUED = {"floor": "floor", "recall": "recall", "label": "labelled", "unreadable list": "unreadable"}


def queued(subject: Subject) -> Iterator[Block]:
    """Tell which rule queues it, or which limits it stays under."""
    if subject.head is None:
        return
    words, incident = texts("standing"), subject.incident
    if incident.rank:
        why = why_queued(incident, subject.head.queue_floor)
        yield Paragraph(words["queued"].format(why=why))
    else:
        why = why_not_queued(incident, subject.head)
        yield Paragraph(words["unqueued"].format(why=why))


def why_queued(incident: Incident, floor: int) -> str:
    """Return the rule that queues an incident as a clause; it must be queued."""
    name = _QUEUED[incident.queued]
    if name == "recall" and 0 < incident.recalls == incident.unseen_recalls:
        name = "recall_unseen"
    text: str = texts("standing")[name].format(floor=figure(floor))
    return text


def reasons(subject: Subject) -> Iterator[Block]:
    """Give every part of the score; they add up to it."""
    words, incident = texts("standing"), subject.incident
    if not incident.reasons:
        yield Paragraph(words["none"])
        return
    yield Paragraph(words["sum"].format(points=counted("point", incident.score)))
    for reason in incident.reasons:
        yield Entry(f"{reason.points:+d}", reason_text(reason))


PARTS: tuple[Part, ...] = (queued, reasons)
