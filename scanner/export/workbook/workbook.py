"""
The impact list as an Excel workbook.

Sheets are written row by row and side by side, so that memory does not grow
with the report and every incident is read once.
"""

from typing import BinaryIO

from openpyxl.workbook import Workbook

from scanner import columns
from scanner.export.request import Request
from scanner.export.tables.fill import fill
from scanner.export.words.breath import report_title
from scanner.export.words.moment import Clock
from scanner.export.workbook.book import new_book
from scanner.export.workbook.chart import add_timeline
from scanner.export.workbook.readme import ReadMe
from scanner.export.workbook.sheet import ROW_LIMIT, LongTexts, Sheet
from scanner.model import Progress, Report


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
    fill(report, tables, progress)
    readme.write(tables["gaps"].count, tables["also_look"].count)
    for name, table in tables.items():
        table.close(add_timeline if name == "timeline" else None)
    long_texts.close()
