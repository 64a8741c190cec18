"""
Opening a workbook that comes back: whatever it is by now, it is read, or one line says what it is.

A file that went through other hands is hostile ground, too. It is not read
beyond what a workbook of this program can be, however little it says it holds.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from msoffcrypto import OfficeFile
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from scanner.errors import UsageError

BROKEN = (
    zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError,
    OSError, NotImplementedError, OverflowError, RuntimeError, AssertionError,
)  # fmt: skip
"""
What openpyxl, and the readers of XML and archives below it, raise for what is no workbook, or a damaged one.

lxml's and expat's errors are kinds of SyntaxError, olefile's of OSError, openpyxl's own of ValueError or OSError
(openpyxl 3.1).
"""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"

_BEGINNING = 4_096
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
"""Another namespace for the same elements (ISO/IEC 29500-1), which openpyxl takes for unknown ones."""

_LARGEST = 256 << 20
_LARGEST_PART = 256 << 20
"""Of what is read as a whole: texts and styles. A million addresses are a fifth of it."""

_LARGEST_WHOLE = 8 << 30
_MOST_PARTS = 10_000

_SAVE_AS = "Save it as .xlsx (Excel workbook)"


class _Page(ReadOnlyWorksheet):
    """A sheet that is not asked beforehand how large it is: the answer may be wrong, and costs as much as reading."""

    merged: tuple[tuple[int, int, str], ...] = ()
    """Where cells are merged, known when all rows were read: row and column (from 1) of the first, and the range."""

    def _get_size(self) -> None:
        pass

    def _cells_by_row(self, min_col: int, _min_row: int, max_col: int, *_: Any, **__: Any) -> Iterator[Any]:
        """Yield all rows from the first on, those left out as well; openpyxl forgets what is merged."""
        page: Any = self
        book, following, empty = page.parent, 1, (EMPTY_CELL,) * (max_col + 1 - min_col)
        with page._get_source() as source:
            parser: Any = WorkSheetParser(
                source,
                page._shared_strings,
                data_only=book.data_only,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for number, row in parser.parse():
                while following < number:
                    following += 1
                    yield empty
                if following == number:
                    following += 1
                    yield page._get_row(row, min_col, max_col, False)
        ranges = parser.merged_cells.mergeCell if parser.merged_cells else ()
        self.merged = tuple((one.min_row, one.min_col, one.coord) for one in ranges)


class _Reader(ExcelReader):
    """Opens a workbook sheet by sheet; one that is named and not there is a damage."""

    def read_worksheets(self) -> None:
        """Make the pages, in their order."""
        parser: Any = self.parser
        book: Any = self.wb
        for sheet, relation in parser.find_sheets():
            if "chartsheet" not in relation.Type:
                self.archive.getinfo(relation.target)
                book._sheets.append(_Page(self.wb, sheet.name, relation.target, self.shared_strings))


def read_book(content: BinaryIO) -> Any:
    """Return a workbook of openpyxl that reads its sheets as they are asked for. Raises one of BROKEN."""
    reader = _Reader(content, read_only=True, data_only=False)
    reader.read()
    return reader.wb


def open_workbook(path: Path, password: str | None) -> BinaryIO:
    """
    Return the plain bytes of a workbook.

    Args:
        path: The file; nothing is written to it.

        password: Of an encrypted file.

    Raises:
        UsageError: It cannot be opened, is open elsewhere, is encrypted, is no workbook, or is larger than any.
    """
    _refuse_open_elsewhere(path)
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UsageError("is no file", where=str(path), remedy="Check its name")
        size = found.st_size
        if size > _LARGEST:
            raise UsageError(
                f"has {size >> 20:,} MB, more than is read",
                where=str(path),
                remedy="Delete the sheets that have no yellow columns",
            )
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(path), remedy="Check its name") from error
    is_sealed = content.startswith(_OLE)
    plain = _decrypted(BytesIO(content), path, password) if is_sealed else BytesIO(content)
    _check_archive(plain, path)
    return plain


def _refuse_open_elsewhere(path: Path) -> None:
    # Excel and LibreOffice put a file of this name beside one that they have open.
    for name in (f"~${path.name}", f".~lock.{path.name}#"):
        if path.with_name(name).exists():
            raise UsageError(
                "is open in another program, and what stands there may not be saved yet",
                where=str(path),
                remedy=f"Save and close it there; if it is not open, remove {name}",
            )


def _decrypted(content: BinaryIO, path: Path, password: str | None) -> BytesIO:
    try:
        office = OfficeFile(content)
        if not office.is_encrypted():
            raise UsageError("is a workbook of before 2007", where=str(path), remedy=_SAVE_AS)
        if password is None:
            raise UsageError(
                "is encrypted", where=str(path), remedy="Name the variable that holds the password: --password-env NAME"
            )
        plain = BytesIO()
        office.load_key(password=password)
        office.decrypt(plain)
    except (InvalidKeyError, DecryptionError) as error:
        raise UsageError("this is not its password", where=str(path), remedy="Check --password-env") from error
    except (FileFormatError, *BROKEN) as error:
        raise no_workbook(path) from error
    return plain


def no_workbook(path: Path, what: str = "is no workbook that can be read") -> UsageError:
    """Return what to say of a file that is something else."""
    return UsageError(what, where=str(path), remedy=_SAVE_AS)


def _check_archive(content: BytesIO, path: Path) -> None:
    """Look at what the archive says it holds: more than that is never inflated, since zipfile stops there."""
    beginning = content.getvalue()[:512]
    if not beginning.startswith(_ZIP):
        is_text = beginning and b"\x00" not in beginning and not beginning.startswith(b"PK")
        what = "is a text file such as CSV, whatever its name says: rows cannot be told from it" if is_text else ""
        raise no_workbook(path, what) if what else no_workbook(path)
    try:
        with zipfile.ZipFile(content) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" in names:
                with archive.open("xl/workbook.xml") as part:
                    beginning = part.read(_BEGINNING)
    except BROKEN as error:
        raise no_workbook(path) from error
    if "mimetype" in names and "content.xml" in names:
        raise no_workbook(path, "is an OpenDocument file")
    if "xl/workbook.bin" in names:
        raise no_workbook(path, "is a binary workbook (.xlsb)")
    if _STRICT in beginning:
        raise no_workbook(path, "is a Strict Open XML workbook")
    if not any(name.startswith("xl/") for name in names):
        raise no_workbook(path, "is an archive, and no workbook")
    whole = [part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")]
    total = sum(part.file_size for part in parts)
    if len(parts) > _MOST_PARTS or total > _LARGEST_WHOLE or max(whole, default=0) > _LARGEST_PART:
        raise UsageError(
            f"holds {total >> 20:,} MB in {len(parts):,} parts once it is unpacked, more than any workbook of ours",
            where=str(path),
            remedy="Fill in a file that `report` has written",
        )
