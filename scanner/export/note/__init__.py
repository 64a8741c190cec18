"""
The note on one incident: what a colleague would tell.

Every face takes its text from here, in the words of reports/note.toml. A
section is a tuple of parts, in the order in which they are read; a part is a
function of the `Subject` that yields blocks. To say one thing more, write a
part in the section's file, name it in its PARTS, and put its words into
note.toml.

Texts of mail stand in the blocks as they came: whoever shows them makes them
safe for the place where they are shown.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from scanner.export.note import belonging, followed, happened, next_step, received, related, seen, standing, unknown
from scanner.export.note.block import (
    Block,
    Entry,
    Figure,
    Grid,
    Paragraph,
    Part,
    Point,
    Section,
    Subject,
    counted,
    subject_line,
    texts,
)
from scanner.export.note.people import people_sections
from scanner.export.note.standing import why_queued
from scanner.export.words.moment import Clock
from scanner.export.words.wording import figure
from scanner.model import Incident, Report

__all__ = [
    "SECTIONS",
    "Block",
    "Entry",
    "Figure",
    "Grid",
    "Paragraph",
    "Part",
    "Point",
    "Section",
    "Subject",
    "commands_title",
    "first_lines",
    "note_sections",
    "people_sections",
    "read_subject",
    "why_queued",
]

SECTIONS: Mapping[str, tuple[Part, ...]] = MappingProxyType(
    {
        "happened": happened.PARTS,
        "seen": seen.PARTS,
        "received": received.PARTS,
        "standing": standing.PARTS,
        "belonging": belonging.PARTS,
        "related": related.PARTS,
        "followed": followed.PARTS,
        "unknown": unknown.PARTS,
        "next": next_step.PARTS,
    }
)
"""The sections in order, by name."""


def read_subject(report: Report, incident: Incident) -> Subject:
    """Gather what the report knows around an incident."""
    accounts = {copy.account for part in incident.messages for copy in part.message.copies}
    return Subject(
        incident=incident,
        clock=Clock(report.head.time_zone),
        head=report.head,
        incidents=report.totals.incidents,
        related=tuple(report.related(incident.key)),
        siblings=tuple(report.siblings(incident.key)),
        coverage=tuple(row for row in report.coverage() if row.account in accounts),
        gaps=tuple(gap for gap in report.gaps() if gap.account in accounts),
        unreached=len(report.totals.accounts_unreached),
    )


def first_lines(subject: Subject) -> tuple[str, str]:
    """Return the line that names the incident (key, place, points, status), and its subject."""
    words, incident = texts("head"), subject.incident
    ranked = words["ranked"].format(rank=figure(incident.rank), incidents=figure(subject.incidents))
    line = words["first_line"].format(
        key=incident.key,
        place=ranked if incident.rank else words["unqueued"],
        points=counted("point", incident.score),
        status=words[incident.status],
    )
    return line, subject_line(incident.subject)


def commands_title() -> str:
    """Return the heading above the commands that go on from here."""
    title: str = texts("titles")["commands"]
    return title


def note_sections(subject: Subject, *names: str) -> Iterator[Section]:
    """Yield the sections in order, or only those named; none that is empty."""
    for name, parts in SECTIONS.items():
        if names and name not in names:
            continue
        blocks = tuple(block for part in parts for block in part(subject))
        if blocks:
            yield Section(name, texts("titles")[name], blocks)
