"""
The rows of all tables, each sent to whoever wants that table.

Everything is read once, whatever is written of it: sheets of a workbook, files
of a folder, or one file.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from scanner.export.tables import insight_rows, log_rows, rows
from scanner.export.tables.insight_rows import Lists
from scanner.export.tables.timeline import make_spans
from scanner.export.words.decision import standing_row
from scanner.export.words.moment import Clock
from scanner.model import Incident, Progress, Report, ReportHead


class RowTaker(Protocol):
    """A table that is written row by row."""

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row: column name → value, as `scanner.export.tables.rows` gives it."""


def fill(report: Report, tables: Mapping[str, RowTaker], progress: Progress | None) -> None:
    """
    Write the rows of these tables; what nobody wants is not made.

    Args:
        report: Its incidents are read once.

        tables: Name of a sheet (reports/columns.toml) → who takes its rows.

        progress: Expects exposure events and people, which are most of the rows.
    """
    if progress is not None:
        figures = report.totals.ladder
        progress.expect(figures.exposure_events + figures.exposed_people)
    for name, values in _rows_of_report(report, frozenset(tables), progress):
        tables[name].append(values)


def _rows_of_report(
    report: Report, wanted: frozenset[str], progress: Progress | None
) -> Iterator[tuple[str, rows.Values]]:
    clock, lists = Clock(report.head.time_zone), Lists()
    begun: list[tuple[int, int]] = []
    for incident in lists.gathered(report.incidents()):
        begun.append((incident.first_sent_at, incident.ladder.exposed_people))
        for name, values in _rows_of(incident, report.head, clock, progress):
            if name in wanted:
                yield name, values
    if "people" in wanted:
        yield from (("people", row) for row in _counted(map(rows.person_row, report.people()), progress))
    if "statements" in wanted:
        yield from (("statements", rows.statement_row(entry)) for entry in report.people_statements())
    if "suggestions" in wanted:
        yield from (("suggestions", rows.suggestion_row(entry)) for entry in report.people_suggestions())
    if "coverage" in wanted:
        yield from (("coverage", rows.coverage_row(row)) for row in report.coverage())
    if "gaps" in wanted:
        yield from (("gaps", rows.gap_row(gap)) for gap in report.gaps())
    if "below_floor" in wanted:
        yield from (("below_floor", rows.below_row(below, report.head)) for below in report.below())
    if "also_look" in wanted:
        yield from (("also_look", rows.also_look_row(entry)) for entry in report.also_look())
    yield from _insight_rows(report, wanted, lists)
    yield from _log_rows(report, wanted, clock)
    if "timeline" in wanted:
        for span in make_spans(begun, clock)[1]:
            yield "timeline", {"span": span.title, "span_incidents": span.incidents, "span_people": span.people}


def _log_rows(report: Report, wanted: frozenset[str], clock: Clock) -> Iterator[tuple[str, rows.Values]]:
    if wanted & {"register", "assessment"}:
        yield from ((name, row) for name, row in _decided_below(report, clock) if name in wanted)
    if "decisions" in wanted:
        yield from (("decisions", log_rows.decision_log_row(entry)) for entry in report.decision_log())
    if "evidence" in wanted:
        yield from (("evidence", row) for row in log_rows.evidence_rows(report))


def _decided_below(report: Report, clock: Clock) -> Iterator[tuple[str, rows.Values]]:
    """Yield the rows of what was ever decided on and is no longer queued, or never was."""
    now = report.head.decided_until
    for entry in report.below():
        if entry.is_judged:
            for incident in report.find(entry.key):
                yield "register", log_rows.register_row(incident, clock, now)
                if _is_assessed(incident):
                    yield "assessment", {**rows.incident_row(incident), **standing_row(incident, clock, now)}


def _insight_rows(report: Report, wanted: frozenset[str], lists: Lists) -> Iterator[tuple[str, rows.Values]]:
    if "lists" in wanted:
        for trace, incidents in lists.result():
            yield from (("lists", row) for row in insight_rows.list_rows(trace, incidents))
    if "near_misses" in wanted:
        yield from (("near_misses", insight_rows.near_miss_row(entry)) for entry in report.near_misses())
    if "missing_mail" in wanted:
        yield from (("missing_mail", insight_rows.missing_mail_row(entry)) for entry in report.missing_mail())
        for months in report.account_months():
            yield from (("missing_mail", row) for row in insight_rows.month_rows(months))
    if "senders_not_scanned" in wanted:
        yield from (("senders_not_scanned", insight_rows.sender_row(one)) for one in report.senders_not_scanned())


def _rows_of(
    incident: Incident, head: ReportHead, clock: Clock, progress: Progress | None
) -> Iterator[tuple[str, rows.Values]]:
    values = {
        **rows.incident_row(incident),
        **insight_rows.incident_values(incident),
        **standing_row(incident, clock, head.decided_until),
    }
    yield "queue", values
    if _is_assessed(incident):
        yield "assessment", values
    yield "incidents", values
    yield "register", log_rows.register_row(incident, clock, head.decided_until)
    followed = insight_rows.follow_up_words(incident)
    yield from (("messages", row) for row in rows.message_rows(incident))
    yield from (
        ("exposures", {**row, "follow_up": followed.get(row["address"], "")})
        for row in _counted(rows.exposure_rows(incident), progress)
    )
    yield from (("viewers", row) for row in rows.viewer_rows(incident))
    yield from (("viewers", row) for row in rows.through_rows(incident))


def _is_assessed(incident: Incident) -> bool:
    return incident.status != "dismissed" or incident.standing.pending is not None


def _counted(values: Iterator[rows.Values], progress: Progress | None) -> Iterator[rows.Values]:
    waiting = 0
    for value in values:
        yield value
        waiting += 1
        # A bar that moves for every row costs more than the row.
        if progress is not None and waiting == 1000:
            progress.advance(waiting)
            waiting = 0
    if progress is not None and waiting:
        progress.advance(waiting)
