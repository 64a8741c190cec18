"""
One table as CSV (RFC 4180), UTF-8.

Spreadsheets take texts for formulas, and for separators what their language
writes lists with: comma, semicolon or tab, whatever the file has. So an
apostrophe stands before every character that would begin a formula or an
error value where a cell could begin for any of them: at the beginning of a
text and behind each comma and semicolon in it, quotation marks and blanks in between.
Nothing else is changed, and a program that takes one apostrophe off at each of
these places has the text again.
"""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any, BinaryIO

from scanner.columns import Table, sheet
from scanner.export.request import Request
from scanner.export.tables.fill import fill
from scanner.export.tables.flat import flat_columns, flat_row
from scanner.export.words.moment import Clock
from scanner.model import Progress, Report

# = + - @ begin a formula, their full-width forms too where Excel speaks Japanese or Chinese; # an error value. An
# apostrophe of the text's own gets another one, so that one can always be taken off again. One stands at the end, too,
# where a cell would begin with what follows the text. recount.py and check.py read it back by the same pattern.
_TAKEN_OFF = '(?:"|[^\\S\t\r\n])*'
_ACTS = "(?=[=+\\-@#'\t\r\n\uff1d\uff0b\uff0d\uff20]|\\Z)"
_AT_FIRST = re.compile(f"{_TAKEN_OFF}{_ACTS}")
_BEHIND_SEPARATOR = re.compile(f"([,;\t\r\n]{_TAKEN_OFF}){_ACTS}")


class CsvTable:
    """
    Writes rows of one table.

    Args:
        file: Takes the bytes.

        table: Columns, in order.

        clock: For local times.

        excel: Semicolons and a byte order mark: as an Excel whose language
            writes decimal commas opens a file by a double click.
    """

    def __init__(self, file: BinaryIO, table: Table, clock: Clock, *, excel: bool) -> None:
        self._columns = flat_columns(table, clock)
        self._text = io.TextIOWrapper(file, "utf-8-sig" if excel else "utf-8", newline="")
        self._writer = csv.writer(self._text, delimiter=";" if excel else ",", lineterminator="\r\n")
        self._writer.writerow(column.name for column in self._columns)

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        self._writer.writerow([cell(value) for value in flat_row(self._columns, row)])

    def close(self) -> None:
        """Write what is left; the file stays open."""
        self._text.flush()
        self._text.detach()


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """Write the table that is asked for."""
    table = CsvTable(file, sheet(request.table), Clock(report.head.time_zone), excel=request.excel)
    fill(report, {request.table: table}, progress)
    table.close()


def cell(value: str | int | bool | None) -> str | int:
    """Return a value as a CSV file holds it, harmless in a spreadsheet."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return value
    # Asked first: most texts need nothing, and there may be many millions.
    if not value[0].isalnum() and (beginning := _AT_FIRST.match(value)):
        value = f"{beginning[0]}'{value[beginning.end() :]}"
    return _BEHIND_SEPARATOR.sub(r"\1'", value) if _BEHIND_SEPARATOR.search(value) else value
