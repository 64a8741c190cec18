"""
The impact list as an Excel workbook.

Sheets are written row by row and side by side, so that memory does not grow
with the report and every incident is read once.
"""

from collections.abc import Iterator
from typing import BinaryIO

from openpyxl.workbook import Workbook

from scanner import columns
from scanner.export import rows
from scanner.export.book import new_book
from scanner.export.breath import report_title
from scanner.export.moment import Clock
from scanner.export.readme import ReadMe
from scanner.export.request import Request
from scanner.export.sheet import ROW_LIMIT, LongTexts, Sheet
from scanner.model import Progress, Report

# The archive's own calendar begins in 1980 (APPNOTE.TXT, 4.4.6).
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(
    report: Report,
    file: BinaryIO,
    progress: Progress | None = None,
    request: Request | None = None,
    *,
    row_limit: int = ROW_LIMIT,
) -> None:
    """
    Write the workbook into an open file.

    Args:
        report: Its incidents are read once.

        file: Takes the bytes.

        progress: Expects exposure events and people, which are most of the rows.

        request: Of no use here.

        row_limit: Rows a sheet may have before a further one is begun.

    Raises:
        ExportError: This machine does not know the report's time zone.
    """
    clock = Clock(report.head.time_zone)
    sealed = request is not None and request.password is not None
    with new_book(file, report.head, title=report_title(report.head), sealed=sealed) as book:
        _write_sheets(book, report, clock, progress, row_limit)


def _write_sheets(book: Workbook, report: Report, clock: Clock, progress: Progress | None, row_limit: int) -> None:
    title = report_title(report.head)
    long_texts = LongTexts(book, title)
    readme = ReadMe(book, report, clock)
    tables = {
        name: Sheet(book, table, clock=clock, long_texts=long_texts, title=title, row_limit=row_limit)
        for name, table in columns.sheets().items()
    }
    if progress is not None:
        progress.expect(report.totals.ladder.exposure_events + report.totals.ladder.exposed_people)
    for incident in report.incidents():
        tables["incidents"].append(rows.incident_row(incident))
        for row in rows.message_rows(incident):
            tables["messages"].append(row)
        for row in _counted(rows.exposure_rows(incident), progress):
            tables["exposures"].append(row)
        for row in rows.viewer_rows(incident):
            tables["viewers"].append(row)
        for row in rows.through_rows(incident):
            tables["viewers"].append(row)
    for row in _counted(map(rows.person_row, report.people()), progress):
        tables["people"].append(row)
    for suggestion in report.people_suggestions():
        tables["suggestions"].append(rows.suggestion_row(suggestion))
    for coverage in report.coverage():
        tables["coverage"].append(rows.coverage_row(coverage))
    gaps = 0
    for gap in report.gaps():
        gaps += 1
        tables["gaps"].append(rows.gap_row(gap))
    for below in report.below():
        tables["below_floor"].append(rows.below_row(below, report.head))
    also_look = 0
    for entry in report.also_look():
        also_look += 1
        tables["also_look"].append(rows.also_look_row(entry))
    readme.write(gaps, also_look)
    for table in tables.values():
        table.close()
    long_texts.close()


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
