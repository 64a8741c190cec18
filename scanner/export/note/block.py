"""What a note is made of: a face decides how each block looks, and makes hostile text safe."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from scanner import language
from scanner.export.words.moment import Clock
from scanner.export.words.wording import figure
from scanner.model import CoverageRow, Gap, Incident, RelatedIncident, ReportHead, StoredMessage


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """One of several statements that stand below each other."""

    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A text with what it is about before it: points, a moment, a key."""

    lead: str
    text: str
    details: tuple[str, ...] = ()
    """Lines of their own below it, less prominent."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One rung of the ladder."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: int
    """The column that gives way when there is little room."""


Block: TypeAlias = Paragraph | Point | Entry | Figure | Grid


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    name: str
    """happened, seen, standing …: the same in every language."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The incident that a note is about, with what the report knows around it."""

    incident: Incident
    clock: Clock
    head: ReportHead | None = None
    """None = there is no report: a mail was looked at by itself."""

    incidents: int = 0
    """Number of queued incidents."""

    related: tuple[RelatedIncident, ...] = ()
    """By (first_sent_at, key)."""

    siblings: tuple[StoredMessage, ...] = ()
    """The Bcc siblings, by (sent_at, identity)."""

    coverage: tuple[CoverageRow, ...] = ()
    """Of the accounts that hold a message of it."""

    gaps: tuple[Gap, ...] = ()
    """Of these accounts."""

    unreached: int = 0
    """Accounts of the settings that no scan has reached."""


Part: TypeAlias = Callable[[Subject], Iterator[Block]]
"""A piece of a section: yields its blocks, none when it has nothing to say."""


def texts(name: str) -> Mapping[str, Any]:
    """Return the texts of one table of reports/note.toml, in the language of the report."""
    table: Mapping[str, Any] = language.texts("note")[name]
    return table


def counted(name: str, number: int) -> str:
    """
    Return a number with its noun, in the language of the wording.

    >>> counted("message", 1), counted("person", 2000)
    ('1 message', '2,000 people')
    """
    one, many = texts("count")[name]
    text: str = (one if number == 1 else many).format(count=figure(number))
    return text


def minute(clock: Clock, moment: int) -> str:
    """Return date and time in the clock's zone, sortable; 16 characters for every date that a calendar names."""
    at = clock.local(moment)
    text: str = f"{at:%Y-%m-%d %H:%M}" if at else texts("belonging")["no_date"]
    return text


def subject_line(text: str) -> str:
    """Return a subject as mail gave it, or words for its absence."""
    return text or texts("head")["no_subject"]
