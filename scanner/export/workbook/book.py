"""
A workbook around its sheets: properties, temporary files, the archive.

This is the one module that knows how openpyxl writes. The same report gives
the same bytes: entries of the archive and the document's properties carry
the time of the analysis, not of the writing.
"""

import errno
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from lxml.etree import SerialisationError
from openpyxl.packaging.core import DocumentProperties
from openpyxl.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from scanner.export.files.scratch import Nameless, Scratch
from scanner.export.words.moment import utc_datetime
from scanner.export.words.wording import wording
from scanner.export.workbook.look import set_font
from scanner.language import language
from scanner.model import ReportHead

# The archive's own calendar begins in 1980 (APPNOTE.TXT, 4.4.6).
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@contextmanager
def new_book(file: BinaryIO, head: ReportHead, *, title: str, sealed: bool = False) -> Iterator[Workbook]:
    """
    Give a write-only workbook, and write it into the file when the block has ended well.

    Args:
        file: Takes the bytes.

        head: Its moment and version become the document's.

        title: Of the document, for its properties.

        sealed: Keep no readable copy of a sheet on the disk meanwhile.
    """
    book = _SealedWorkbook(write_only=True) if sealed else _NamelessWorkbook(write_only=True)
    set_font(book)
    book.properties = _properties(head, title)
    try:
        yield book
        with Archive(file, head.decided_until) as archive:
            _Writer(book, archive).write_data()
    except SerialisationError as error:
        # lxml gives the name of the system's error in place of the error: IO_ENOSPC.
        number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
        raise OSError(number, os.strerror(number)) from error
    finally:
        _clean_up(book)


def described(chart: Any, text: str) -> None:
    """Give a chart the text that stands for it where it cannot be seen."""
    chart.alternative = text


class _Writer(ExcelWriter):
    """Writes charts with their text alternatives, for which openpyxl has no place (ECMA-376 Part 1, 20.1.2.2.8)."""

    def _write_drawing(self, drawing: Any) -> None:
        frame_of = drawing._chart_frame

        def frame(number: int) -> Any:
            made = frame_of(number)
            made.nvGraphicFramePr.cNvPr.descr = getattr(drawing.charts[number - 1], "alternative", None)
            return made

        drawing._chart_frame = frame
        # The stubs of openpyxl leave it out.
        super()._write_drawing(drawing)  # type: ignore[misc]


def _properties(head: ReportHead, title: str) -> DocumentProperties:
    at = utc_datetime(head.decided_until)
    return DocumentProperties(
        creator=f"Blindcopy {head.tool_version}",
        lastModifiedBy=f"Blindcopy {head.tool_version}",
        title=title,
        subject=wording()["file"]["subject"],
        language=language(),
        created=at,
        modified=at,
    )


def _clean_up(book: Workbook) -> None:
    # openpyxl collects each sheet in a temporary file, and would keep it until the process ends.
    sheet: Any
    for sheet in book.worksheets:
        writer: Any = getattr(sheet, "_writer", None)
        if writer is not None and not writer.scratch.closed:
            # Closed the way a finished sheet is, unless the device is full: its streams hold each other open.
            with suppress(OSError, SerialisationError):
                if not sheet.closed:
                    sheet.close()
            writer.cleanup()


class _NamelessWriter(WorksheetWriter):
    """Collects a sheet in a file without a name, or where nobody can read it: nothing of it is left behind."""

    def __init__(self, sheet: Any, scratch: Nameless | Scratch) -> None:
        self.scratch = scratch
        super().__init__(sheet, scratch.path if isinstance(scratch, Nameless) else scratch)  # type: ignore[arg-type]

    def cleanup(self) -> None:
        """Let go of what was collected."""
        self.scratch.close()


class _NamelessWorkbook(Workbook):
    """A write-only workbook whose sheets lie in files without names until they are packed."""

    _scratch: type[Nameless | Scratch] = Nameless

    def create_sheet(self, title: Any = None, index: int | None = None) -> Any:
        """Return a new write-only sheet."""
        sheet: Any = super().create_sheet(title, index)

        def begin() -> None:
            if sheet._writer is None:
                sheet._writer = _NamelessWriter(sheet, self._scratch())
                sheet._writer.write_top()

        sheet._get_writer = begin
        return sheet


class _SealedWorkbook(_NamelessWorkbook):
    """Another whose sheets nobody can read meanwhile, either."""

    _scratch = Scratch


class Archive(zipfile.ZipFile):
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

    @contextmanager
    def entry(self, name: str) -> Iterator[IO[bytes]]:
        """Give an entry to write bytes into, however many."""
        with self.open(self._info(name), "w", force_zip64=True) as target:
            yield target

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """Add an entry from memory."""
        super().writestr(self._info(zinfo_or_arcname), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """Add an entry from a file or a `Scratch`, in blocks."""
        info = self._info(str(arcname))
        if isinstance(filename, Scratch):
            info.file_size = filename.size
            with self.open(info, "w") as target:
                for piece in filename.pieces():
                    target.write(piece)
            return
        info.file_size = Path(filename).stat().st_size
        with Path(filename).open("rb") as source, self.open(info, "w") as target:
            shutil.copyfileobj(source, target, 1 << 20)
