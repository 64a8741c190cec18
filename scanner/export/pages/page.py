"""
One page that needs nothing else: no network, no script, no file beside it.

It shows the first screen, when it happened, the ranking with its reasons,
the figures and what was scanned. It prints on A4.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from scanner.columns import ladder, sheet
from scanner.export.request import Request
from scanner.export.tables.rows import coverage_row, ladder_values
from scanner.export.tables.timeline import draw, make_spans
from scanner.export.words.breath import breath, report_title
from scanner.export.words.decision import open_deadlines, standing_texts, with_time_left
from scanner.export.words.moment import Clock
from scanner.export.words.spoken import speaker
from scanner.export.words.template import template
from scanner.export.words.wording import figure, full_moment, gap_meaning, label_text, long_day, reason_text, wording
from scanner.language import language
from scanner.model import Incident, Progress, Report

_LINE = 200
"""Characters of a subject in the ranking; it stands whole below."""

_COVERAGE = ("enumerated", "stored", "others", "vanished", "errored", "expunged_since", "gaps")


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the page says of one incident."""

    rank: int
    key: str
    subject: str
    line: str
    """The subject's beginning: the ranking is to be seen at a glance."""

    score: int
    status: str
    label: str
    first_sent_at: int
    day: str
    """Of the first message."""

    when: str
    people: int
    addresses: int
    messages: int
    viewers: int
    reasons: tuple[tuple[int, str], ...]
    """Points and words."""

    decided: tuple[str, ...]
    """What was decided, why it is open again, and by when whom to tell."""

    deadline: str
    """The next that runs, with what is left of it; "" when none does."""


def write(report: Report, file: BinaryIO, progress: Progress | None = None, request: Request | None = None) -> None:
    """
    Write the page into an open file, UTF-8.

    Args:
        report: Its incidents are read once; of each a few lines are kept.

        file: Takes the bytes.

        progress: Expects the incidents.

        request: Of no use here.
    """
    clock = Clock(report.head.time_zone)
    words = wording()
    entries = list(_entries(report, clock, progress))
    by_month, months = make_spans(((entry.first_sent_at, entry.people) for entry in entries), clock)
    parts = template("page.html.j2").generate(
        language=language(),
        head=report.head,
        title=report_title(report.head),
        handling=words["file"]["footer"],
        breath=breath(report, clock),
        made_at=full_moment(clock, report.head.decided_until),
        words=words["page"],
        months=months,
        chart=draw(months, by_month=by_month) if months else None,
        incidents=entries,
        rungs=_rungs(report),
        coverage_headings=[_header("account"), _header("mailbox"), *map(_header, _COVERAGE)],
        coverage=_coverage(report),
        gaps=_gaps(report),
        limits=words["limits"]["lines"],
    )
    for part in parts:
        file.write(part.encode("utf-8"))


def _entries(report: Report, clock: Clock, progress: Progress | None) -> Iterator[_Entry]:
    if progress is not None:
        progress.expect(report.totals.incidents)
    for incident in report.incidents():
        yield _entry(incident, clock, report.head.decided_until)
        if progress is not None:
            progress.advance(1)


def _entry(incident: Incident, clock: Clock, now: int) -> _Entry:
    first, last = (full_moment(clock, moment) for moment in (incident.first_sent_at, incident.last_sent_at))
    figures = incident.ladder
    return _Entry(
        rank=incident.rank,
        key=incident.key,
        subject=incident.subject,
        line=incident.subject if len(incident.subject) <= _LINE else f"{incident.subject[:_LINE]}…",
        score=incident.score,
        status=wording()["lead"]["statuses"][incident.status],
        label=label_text(incident.label),
        first_sent_at=incident.first_sent_at,
        day=long_day(clock, incident.first_sent_at),
        when=first if first == last else f"{first} – {last}",
        people=figures.exposed_people,
        addresses=figures.exposed_addresses,
        messages=figures.messages,
        viewers=figures.viewers,
        reasons=tuple((part.points, reason_text(part)) for part in incident.reasons),
        deadline=next((with_time_left(one.due_at, clock, now) for one in open_deadlines(incident.standing)), ""),
        decided=tuple(standing_texts(incident.standing, clock, now, figures.exposed_people)),
    )


def _rungs(report: Report) -> Iterator[dict[str, str]]:
    totals = report.totals.ladder
    values = ladder_values(totals)
    for rung in ladder():
        is_open = rung.name == "people_upper" and totals.at_least
        meaning = f"{wording()['figures']['at_least']} {rung.meaning}" if is_open else rung.meaning
        yield {"header": rung.header, "value": _figure(values[rung.name]), "meaning": meaning}


def _figure(value: Any) -> str:
    if value is None:
        return str(wording()["unknown"])
    return str(wording()["yes" if value else "no"]) if isinstance(value, bool) else figure(value)


def _header(name: str) -> str:
    return next(column.header for column in sheet("coverage").columns if column.name == name)


def _coverage(report: Report) -> Iterator[dict[str, Any]]:
    for row in report.coverage():
        if row.in_scope:
            values = coverage_row(row)
            shown = ["" if values[name] is None else figure(values[name]) for name in _COVERAGE]
            yield {"account": row.account, "mailbox": row.mailbox, "figures": shown}


def _gaps(report: Report) -> list[dict[str, Any]]:
    """Return the gaps by place and kind, with how many there are."""
    speak = speaker(next(column for column in sheet("gaps").columns if column.name == "account")) or str
    counted = Counter((speak(gap.account), gap.mailbox or "", gap.kind) for gap in report.gaps())
    return [
        {"account": account, "mailbox": mailbox, "meaning": gap_meaning(kind), "count": count}
        for (account, mailbox, kind), count in sorted(counted.items())
    ]
