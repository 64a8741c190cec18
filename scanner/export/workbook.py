"""
The impact list as an Excel workbook.

Sheets are written row by row and side by side, so that memory does not grow
with the report and every incident is read once. The same report gives the
same bytes: entries of the archive and the document's properties carry the
time of the analysis, not of the writing.
"""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from openpyxl.packaging.core import DocumentProperties
from openpyxl.workbook import Workbook
from openpyxl.writer.excel import ExcelWriter

from scanner import columns
from scanner.export import rows
from scanner.export.breath import report_title
from scanner.export.look import set_font
from scanner.export.moment import Clock, utc_datetime
from scanner.export.readme import ReadMe
from scanner.export.request import Request
from scanner.export.sheet import ROW_LIMIT, LongTexts, Sheet
from scanner.export.wording import wording
from scanner.language import language
from scanner.model import Progress, Report, ReportHead

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
    book = Workbook(write_only=True)
    set_font(book)
    book.properties = _properties(report.head)
    with _without_leftovers(book):
        _write_sheets(book, report, clock, progress, row_limit)
        with _Archive(file, report.head.generated_at) as archive:
            ExcelWriter(book, archive).write_data()


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
    for row in _counted(map(rows.person_row, report.people()), progress):
        tables["people"].append(row)
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


def _properties(head: ReportHead) -> DocumentProperties:
    words = wording()
    at = utc_datetime(head.generated_at)
    return DocumentProperties(
        creator=f"Blindcopy {head.tool_version}",
        lastModifiedBy=f"Blindcopy {head.tool_version}",
        title=report_title(head),
        subject=words["file"]["subject"],
        language=language(),
        created=at,
        modified=at,
    )


@contextmanager
def _without_leftovers(book: Workbook) -> Iterator[None]:
    # openpyxl collects each sheet in a temporary file (mode 0600) and would keep it until the process ends.
    try:
        yield
    finally:
        sheet: Any
        for sheet in book.worksheets:
            writer: Any = getattr(sheet, "_writer", None)
            if writer is not None and Path(writer.out).exists():
                # Closed the way a finished sheet is, unless the device is full: its streams hold each other open.
                with suppress(OSError):
                    if not sheet.closed:
                        sheet.close()
                writer.cleanup()


class _Archive(zipfile.ZipFile):
    """A zip archive whose entries all carry one time and one mode."""

    def __init__(self, file: BinaryIO, moment: int) -> None:
        super().__init__(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        at = utc_datetime(moment)
        # Two-second steps, and years to 2107 (APPNOTE.TXT, 4.4.6).
        self._moment = _ZIP_EPOCH if at is None or not 1980 <= at.year <= 2107 else at.timetuple()[:6]

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._moment)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = 0o600 << 16
        return info

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """Add an entry from memory."""
        super().writestr(self._info(zinfo_or_arcname), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """Add an entry from a file, in blocks."""
        info = self._info(str(arcname))
        info.file_size = Path(filename).stat().st_size
        source: IO[bytes]
        with Path(filename).open("rb") as source, self.open(info, "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)
