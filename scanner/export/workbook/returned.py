"""
Workbooks that come back: the columns that persons have filled in, read from a file that was sorted, filtered or moved.

Columns are found by their headings, in whatever language the file was
written and in whatever order they stand now. Everything that cannot be meant
is a flaw with sheet, row and column; nothing is guessed, and nothing that a
person entered is passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape

from scanner.columns import Column, Table, sheets
from scanner.errors import UsageError
from scanner.export.workbook.returned_file import BROKEN, no_workbook, open_workbook, read_book
from scanner.language import LANGUAGES, speaking

Value: TypeAlias = str | bool | int | float | datetime | date

_KEYS: Mapping[str, tuple[str, ...]] = {
    "queue": ("incident", "state"),
    "assessment": ("incident", "state"),
    "viewers": ("incident", "address", "log_number"),
    "people": ("person_id", "log_number"),
}
"""Table → columns that say which row it is; with those that a person fills in they must all be there."""

_TRUTH = dict.fromkeys(("yes", "ja", "true", "wahr"), "yes") | dict.fromkeys(("no", "nein", "false", "falsch"), "no")

_SPELT_TRUTH = {"=TRUE": True, "=FALSE": False}

_HEADING_WITHIN = 20
"""Rows in which the headings are looked for: people put a title above them."""

_ROW_LIMIT, _COLUMN_LIMIT = 1_048_576, 16_384
"""Of any sheet; a file may claim cells far beyond, and all those before would be made up."""


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
    """Without those in which a cell itself is a flaw."""

    flaws: list[Flaw] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    """Titles of all sheets, in their order."""

    missing: tuple[str, ...] = ()
    """Titles, in the file's language, of sheets to fill in that are not there: whatever stood on them is not read."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A sheet that could be filled in, and where its columns stand."""

    table: Table
    title: str
    places: Mapping[str, int]
    """Column name → its index."""

    foreign: Mapping[int, str]
    """Index → heading of a column to fill in that belongs to another sheet."""

    columns: Mapping[str, str]


def read_returned(path: Path, password: str | None = None) -> Returned:
    """
    Read the rows of a workbook in which somebody has filled something in.

    Args:
        path: The file; nothing is written to it.

        password: Of an encrypted file.

    Raises:
        UsageError: It cannot be opened, is open elsewhere, or holds no table that could be filled in.
    """
    source = open_workbook(path, password)
    try:
        book = read_book(source)
        returned = Returned(sheets=list(book.sheetnames))
        found = [table for sheet in book.worksheets if (table := _read_sheet(sheet, returned)) is not None]
        book.close()
    except BROKEN as error:
        raise no_workbook(path) from error
    if not found:
        raise UsageError(
            "holds no sheet with columns to fill in", where=str(path), remedy="Fill in a file that `report` has written"
        )
    returned.missing = _missing(found)
    return returned


def _missing(found: Sequence[Table]) -> tuple[str, ...]:
    spoken = _translations(found[0].name).index(found[0])
    names = {table.name for table in found}
    return tuple(_translations(name)[spoken].title for name in _KEYS if name not in names)


def _read_sheet(sheet: Any, returned: Returned) -> Table | None:
    """Read one sheet; return which table it is, None when it is none that could be filled in."""
    known = _find_heading(sheet)
    if known is None:
        return None
    table, first, headings = known
    wanted = _wanted(table.name)
    places: dict[str, int] = {}
    flaws: list[Flaw] = []
    for name, texts in wanted.items():
        found = [index for index, text in enumerate(headings) if text in texts]
        if len(found) == 1:
            places[name] = found[0]
        else:
            what = "the column is missing; export the file again" if not found else "the column stands there twice"
            flaws.append(Flaw(sheet.title, None, _header(table, name), what))
    if not places:
        flaws = [Flaw(sheet.title, 1, "", "the headings are missing; export the file again")]
    returned.flaws += flaws
    if flaws:
        return table
    columns = {name: f"{get_column_letter(place + 1)} ({_header(table, name)})" for name, place in places.items()}
    others = _all_entries()
    foreign = {
        index: others[text] for index, text in enumerate(headings) if text in others and index not in places.values()
    }
    page = _Page(table, sheet.title, places, foreign, columns)
    last = max(*places.values(), *foreign, 0) + 1
    former: Any = None
    for number, line in enumerate(sheet.iter_rows(min_row=1, max_col=last), 1):
        if number > _ROW_LIMIT:
            returned.flaws.append(Flaw(sheet.title, number, "", "a sheet cannot have so many rows"))
            break
        # Rows that are not there are one and the same, and a file may leave out a million (openpyxl 3.1).
        if number > first and line is not former:
            _read_row(page, number, line, returned)
        former = line
    returned.flaws += _merged(page, first, sheet.merged)
    return table


def _merged(page: _Page, first: int, ranges: Sequence[tuple[int, int, str]]) -> Iterator[Flaw]:
    """Yield each range of merged cells below the headings that begins in a column which is read."""
    names = {place: name for name, place in page.places.items()}
    for row, column, cells in ranges:
        name = names.get(column - 1)
        if row > first and name is not None and ":" in cells:
            what = f"is merged ({cells}), so that the other cells hold nothing: unmerge them, and write into each"
            yield Flaw(page.title, row, page.columns[name], what)


def _find_heading(sheet: Any) -> tuple[Table, int, list[str]] | None:
    """
    Return the table that a sheet is, in the sheet's language, the row of its headings, and these.

    None: it is none that could be filled in.
    """
    named = _named(sheet.title)
    top: list[str] = []
    for number, line in enumerate(islice(sheet.iter_rows(max_col=_COLUMN_LIMIT), _HEADING_WITHIN), 1):
        headings = [" ".join(str(cell.value).split()).casefold() if cell.value is not None else "" for cell in line]
        if number == 1:
            top = headings
        counts = {name: len(_entries(name) & set(headings)) for name in _KEYS}
        best = max(counts, key=lambda name: (counts[name], name == named))
        # Below the first row one heading alone may be a word in a cell, such as on the sheet Read me.
        if counts[best] > (number > 1):
            return _spoken_as(best, headings), number, headings
    return (_spoken_as(named, top), 1, top) if named is not None else None


def _named(title: str) -> str | None:
    """Return which table a sheet of this title is; a full sheet goes on in "Viewers 2"."""
    plain = re.sub(r" \d+$", "", title).casefold()
    return next((name for name in _KEYS if plain in {table.title.casefold() for table in _translations(name)}), None)


def _spoken_as(name: str, headings: Sequence[str]) -> Table:
    there = set(headings)
    return max(_translations(name), key=lambda table: sum(_plain(one.header) in there for one in table.columns))


@cache
def _wanted(name: str) -> Mapping[str, frozenset[str]]:
    """Return the columns that are read of a table, each with the headings that it can have."""
    wanted: dict[str, set[str]] = {}
    for table in _translations(name):
        for column in table.columns:
            if column.name in _KEYS[name] or column.type == "entry":
                wanted.setdefault(column.name, set()).add(_plain(column.header))
    return {column: frozenset(texts) for column, texts in wanted.items()}


@cache
def _entries(name: str) -> frozenset[str]:
    """Return the headings of the columns of a table that persons fill in; each stands in one table only."""
    return frozenset(text for column, texts in _wanted(name).items() if column not in _KEYS[name] for text in texts)


@cache
def _all_entries() -> Mapping[str, str]:
    """Return every heading of a column that persons fill in, as it is compared and as it is written."""
    tables = (table for name in _KEYS for table in _translations(name))
    return {_plain(one.header): one.header for table in tables for one in table.columns if one.type == "entry"}


def _read_row(page: _Page, number: int, line: Any, returned: Returned) -> None:
    values: dict[str, Value] = {}
    flaws: list[Flaw] = []
    for name, place in page.places.items():
        value, what = _content(line, place)
        if value is None:
            continue
        if what:
            flaws.append(Flaw(page.title, number, page.columns[name], what))
        values[name] = value
    for place, heading in page.foreign.items():
        if _content(line, place)[0] is not None:
            what = "belongs to another sheet, and is not read here: move what stands in it, or empty it"
            returned.flaws.append(Flaw(page.title, number, f"{get_column_letter(place + 1)} ({heading})", what))
    keys = _KEYS[page.table.name]
    if not values.keys() - set(keys):
        return
    returned.flaws += flaws
    if not flaws:
        returned.rows.append(ReturnedRow(page.table.name, page.title, number, values, page.columns))


def _content(line: Any, place: int) -> tuple[Value | None, str]:
    """Return what a cell holds, None = nothing, and why it cannot be taken, "" = it can."""
    cell = line[place] if place < len(line) else None
    value = getattr(cell, "value", None)
    if isinstance(value, str):
        value = unescape(value).strip()
    if value is None or value == "":
        return None, ""
    kind = getattr(cell, "data_type", "")
    if kind == "f" and str(value).upper().rstrip("()") in _SPELT_TRUTH:
        # LibreOffice 7.4 saves a truth value as the formula that gives it.
        return _SPELT_TRUTH[str(value).upper().rstrip("()")], ""
    what = {"f": "holds a formula: write the text itself", "e": "holds an error value"}.get(kind, "")
    return value, what


@cache
def _translations(name: str) -> tuple[Table, ...]:
    """Return a table in each language, English first."""
    found = []
    for language in LANGUAGES:
        with speaking(language):
            found.append(sheets()[name])
    return tuple(found)


def _plain(header: str) -> str:
    return " ".join(header.split()).casefold()


def _header(table: Table, name: str) -> str:
    return next(column.header for column in table.columns if column.name == name)


def choice(row: ReturnedRow, column: str) -> str | None:
    """
    Return which of the choices a cell holds, in the words of the English table; None when it holds none of them.

    A spreadsheet in another language turns yes and no into its own truth values.
    """
    value = row.values[column]
    offered = _offered(row.table, column)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    text = " ".join(str(value).split()).casefold()
    for entry in offered:
        for place, word in enumerate(entry.choices):
            if text == word.casefold():
                return offered[0].choices[place]
    answer = _TRUTH.get(text)
    return answer if answer in offered[0].choices else None


def choices(row: ReturnedRow, column: str) -> str:
    """Return the choices of a column as they are written in the row's file."""
    headers = [entry.header for entry in _offered(row.table, column)]
    spoken = next((place for place, header in enumerate(headers) if header in row.columns.get(column, "")), 0)
    return ", ".join(_offered(row.table, column)[spoken].choices)


def _offered(table: str, column: str) -> list[Column]:
    return [entry for one in _translations(table) for entry in one.columns if entry.name == column]
