"""
Workbooks that come back: the columns that persons have filled in, read from a file that was sorted, filtered or moved.

Columns are found by their headings, in whatever language the file was
written and in whatever order they stand now. Everything that cannot be meant
is a flaw with sheet, row and column; nothing is guessed.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias
from xml.etree.ElementTree import ParseError

from msoffcrypto import OfficeFile
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from scanner.columns import Column, Table, sheets
from scanner.errors import UsageError
from scanner.language import LANGUAGES, speaking

Value: TypeAlias = str | bool | int | float | datetime | date

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_KEYS: Mapping[str, tuple[str, ...]] = {
    "queue": ("incident", "state"),
    "viewers": ("incident", "address", "log_number"),
    "people": ("person_id", "log_number"),
}
"""Table → columns that say which row it is; with those that a person fills in they must all be there."""

_TRUTH = dict.fromkeys(("yes", "ja", "true", "wahr"), "yes") | dict.fromkeys(("no", "nein", "false", "falsch"), "no")

_SPELT_TRUTH = {"=TRUE": True, "=FALSE": False}

_BROKEN = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, IndexError,
    AttributeError, EOFError, NotImplementedError, OverflowError, RuntimeError,
)  # fmt: skip
"""What openpyxl raises for files that are no workbook, or a damaged one (openpyxl 3.1)."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in the file that cannot be meant."""

    sheet: str
    row: int | None
    column: str
    """The heading as it stands in the file, with the letter of the column; "" = the row as a whole."""

    what: str

    def __str__(self) -> str:
        place = [self.sheet, f"row {self.row}" if self.row else "", f"column {self.column}" if self.column else ""]
        return f"{', '.join(part for part in place if part)}: {self.what}"


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row in which a person has filled something in."""

    table: str
    sheet: str
    number: int
    values: Mapping[str, Value]
    """Column name → what the cell holds; empty cells are left out, texts without spaces around them."""

    columns: Mapping[str, str]
    """Column name → how the column is called in messages."""

    def flaw(self, column: str, what: str) -> Flaw:
        """Return a flaw in one of its cells."""
        return Flaw(self.sheet, self.number, self.columns.get(column, column), what)


@dataclass(slots=True)
class Returned:
    """What came back."""

    rows: list[ReturnedRow] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)


def read_returned(path: Path, password: str | None = None) -> Returned:
    """
    Read the rows of a workbook in which somebody has filled something in.

    Args:
        path: The file; nothing is written to it.

        password: Of an encrypted file.

    Raises:
        UsageError: It cannot be opened, is open elsewhere, or holds no table that could be filled in.
    """
    _refuse_open_elsewhere(path)
    try:
        content = BytesIO(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(path), remedy="Check its name") from error
    source = _decrypted(content, path, password)
    try:
        book = load_workbook(source, read_only=True, data_only=False)
        returned = Returned()
        found = False
        for sheet in book.worksheets:
            found = _read_sheet(sheet, returned) or found
        book.close()
    except _BROKEN as error:
        raise UsageError(
            "is no workbook that can be read", where=str(path), remedy="Save it as .xlsx (Excel workbook)"
        ) from error
    if not found:
        raise UsageError(
            "holds no sheet with columns to fill in", where=str(path), remedy="Fill in a file that `report` has written"
        )
    return returned


def _refuse_open_elsewhere(path: Path) -> None:
    # Excel and LibreOffice put a file of this name beside one that they have open.
    for name in (f"~${path.name}", f".~lock.{path.name}#"):
        if path.with_name(name).exists():
            raise UsageError(
                "is open in another program, and what stands there may not be saved yet",
                where=str(path),
                remedy=f"Save and close it there; if it is not open, remove {name}",
            )


def _decrypted(content: BytesIO, path: Path, password: str | None) -> BinaryIO:
    if content.getvalue()[: len(_OLE)] != _OLE:
        return content
    try:
        office = OfficeFile(content)
        if not office.is_encrypted():
            raise UsageError("is a workbook of before 2007", where=str(path), remedy="Save it as .xlsx")
        if password is None:
            raise UsageError(
                "is encrypted", where=str(path), remedy="Name the variable that holds the password: --password-env NAME"
            )
        plain = BytesIO()
        office.load_key(password=password)
        office.decrypt(plain)
    except (InvalidKeyError, DecryptionError) as error:
        raise UsageError("this is not its password", where=str(path), remedy="Check --password-env") from error
    # olefile's errors are kinds of OSError (olefile 0.47).
    except (FileFormatError, OSError, *_BROKEN) as error:
        raise UsageError(
            "is no workbook that can be read", where=str(path), remedy="Save it as .xlsx (Excel workbook)"
        ) from error
    return plain


def _read_sheet(sheet: Any, returned: Returned) -> bool:
    """Read one sheet; return whether it is one that could be filled in."""
    lines = sheet.iter_rows()
    heading = next(lines, ())
    headings = [" ".join(str(cell.value).split()).casefold() if cell.value is not None else "" for cell in heading]
    known = _recognise(sheet.title, headings)
    if known is None:
        return False
    table, named = known
    places: dict[str, int] = {}
    for name, texts in named.items():
        found = [index for index, text in enumerate(headings) if text in texts]
        if len(found) == 1:
            places[name] = found[0]
        else:
            what = "the column is missing; export the file again" if not found else "the column stands there twice"
            returned.flaws.append(Flaw(sheet.title, None, _header(table, name), what))
    if len(places) < len(named):
        return True
    columns = {name: f"{get_column_letter(place + 1)} ({_header(table, name)})" for name, place in places.items()}
    for number, line in enumerate(lines, 2):
        _read_row(table, sheet.title, number, line, places, columns, returned)
    return True


def _read_row(
    table: Table,
    title: str,
    number: int,
    line: Any,
    places: Mapping[str, int],
    columns: Mapping[str, str],
    returned: Returned,
) -> None:
    values: dict[str, Value] = {}
    flaws: list[Flaw] = []
    for name, place in places.items():
        cell = line[place] if place < len(line) else None
        value = getattr(cell, "value", None)
        if isinstance(value, str):
            value = unescape(value).strip()
        if value is None or value == "":
            continue
        kind = getattr(cell, "data_type", "")
        if kind == "f" and str(value).upper().rstrip("()") in _SPELT_TRUTH:
            # LibreOffice 7.4 saves a truth value as the formula that gives it.
            value, kind = _SPELT_TRUTH[str(value).upper().rstrip("()")], "b"
        if kind in ("f", "e"):
            what = "holds a formula: write the text itself" if kind == "f" else "holds an error value"
            flaws.append(Flaw(title, number, columns[name], what))
        values[name] = value
    keys = _KEYS[table.name]
    if values.keys() - set(keys):
        returned.flaws += flaws
        returned.rows.append(ReturnedRow(table.name, title, number, values, columns))


def _recognise(title: str, headings: list[str]) -> tuple[Table, dict[str, set[str]]] | None:
    """Return the table that a sheet is, in the sheet's language, with the headings that each wanted column can have."""
    for name, keys in _KEYS.items():
        wanted: dict[str, set[str]] = {}
        titles = set()
        for table in _translations(name):
            titles.add(table.title.casefold())
            for column in table.columns:
                if column.name in keys or column.type == "entry":
                    wanted.setdefault(column.name, set()).add(" ".join(column.header.split()).casefold())
        own = {text for column, texts in wanted.items() if column not in keys for text in texts}
        # A full sheet goes on in "Incidents 2".
        if re.sub(r" \d+$", "", title).casefold() in titles or own & set(headings):
            there = set(headings)
            return max(
                _translations(name),
                key=lambda table: sum(" ".join(one.header.split()).casefold() in there for one in table.columns),
            ), wanted
    return None


def _translations(name: str) -> Iterator[Table]:
    for language in LANGUAGES:
        with speaking(language):
            yield sheets()[name]


def _header(table: Table, name: str) -> str:
    return next(column.header for column in table.columns if column.name == name)


def choice(row: ReturnedRow, column: str) -> str | None:
    """
    Return which of the choices a cell holds, in the words of the English table; None when it holds none of them.

    A spreadsheet in another language turns yes and no into its own truth values.
    """
    value = row.values[column]
    offered: list[Column] = [
        entry for table in _translations(row.table) for entry in table.columns if entry.name == column
    ]
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = " ".join(str(value).split()).casefold()
    for entry in offered:
        for place, word in enumerate(entry.choices):
            if text == word.casefold():
                return offered[0].choices[place]
    truth = {
        "yes": "yes",
        "ja": "yes",
        "true": "yes",
        "wahr": "yes",
        "no": "no",
        "nein": "no",
        "false": "no",
        "falsch": "no",
    }
    answer = truth.get(text)
    return answer if answer in offered[0].choices else None
