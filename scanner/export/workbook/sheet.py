"""One table of the workbook: typed cells, headings, filter, print set-up, further sheets when one is full."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table as ExcelTable
from openpyxl.worksheet.table import TableColumn, TableStyleInfo

from scanner.columns import Column, Table
from scanner.export.words.moment import Clock, iso_utc, utc_datetime
from scanner.export.words.spoken import speaker
from scanner.export.words.text import CELL_LIMIT, cell_length, cell_parts, cell_text, visible
from scanner.export.words.wording import styles, wording
from scanner.export.workbook.look import Worksheet, column_width, filled, lines_needed, set_height, set_page, styled
from scanner.model import is_dated

ROW_LIMIT = 1_048_576
"""Rows of a sheet, heading included (ECMA-376 allows no reference beyond)."""

# What Excel takes for a formula, and # for its error values.
_LEADING = frozenset("=+-@#")

Row: TypeAlias = Mapping[str, Any]
"""Column name → value: str, int, bool, None, or a tuple of str, as the column's type says."""

Put: TypeAlias = Callable[[Any, int], Any]
"""Turns a value for a row number into what openpyxl appends."""


@dataclass(frozen=True, slots=True)
class _Field:
    """One column of the sheet; a time has two, local and UTC."""

    header: str
    column: Column
    put: Put


class LongTexts:
    """
    The sheet that holds texts too long for a cell, whole, in parts.

    It is only there when a text needs it. What stands in the cell itself
    ends with a mark that gives the number here.
    """

    def __init__(self, book: Workbook, title: str) -> None:
        self._book = book
        self._file_title = title
        self._sheet: Worksheet | None = None
        self._count = 0

    def shorten(self, text: str, *, sheet: str, row: int, column: str) -> str:
        """Keep the visible text here and return its beginning with the mark."""
        words = wording()["long_texts"]
        self._count += 1
        if self._sheet is None:
            self._sheet = self._start()
        for number, part in enumerate(cell_parts(text), start=1):
            cell = filled(styled(self._sheet, "text", quoted=True), part)
            self._sheet.append([self._count, sheet, row, column, number, cell])
        mark: str = words["mark"].format(number=self._count)
        return next(cell_parts(text, CELL_LIMIT - len(mark))) + mark

    def close(self) -> None:
        """Finish the sheet; nothing may be kept afterwards."""
        if self._sheet is not None:
            self._sheet.close()

    def _start(self) -> Worksheet:
        words = wording()["long_texts"]
        sheet: Worksheet = self._book.create_sheet(words["title"])
        set_page(sheet, title=self._file_title)
        sheet.freeze_panes = "A2"
        for letter, width in zip("ABCDEF", (6, 16, 10, 24, 6, 120), strict=True):
            sheet.column_dimensions[letter].width = width
        sheet.append([filled(styled(sheet, "heading"), text) for text in words["headers"]])
        return sheet


class Sheet:
    """
    A table that is written row by row; nothing of it is held in memory.

    Args:
        book: The write-only workbook.

        table: Columns, in order.

        clock: For local times.

        long_texts: Takes what is too long for a cell.

        title: Of the file, for the footer.

        row_limit: Rows a sheet may have; more go on in `Exposures 2` and so on.
    """

    def __init__(
        self,
        book: Workbook,
        table: Table,
        *,
        clock: Clock,
        long_texts: LongTexts,
        title: str,
        row_limit: int = ROW_LIMIT,
    ) -> None:
        self.table = table
        self._book = book
        self._clock = clock
        self._long_texts = long_texts
        self._file_title = title
        self._row_limit = row_limit
        self._part = 0
        self.count = 0
        """Rows written, on all parts together and without headings."""

        self._start()

    def append(self, row: Row) -> None:
        """Write one row; a column that the row does not name stays empty."""
        self.count += 1
        if self._rows == self._row_limit:
            self._finish()
            self._start()
        self._rows += 1
        number = self._rows
        cells = [put(row.get(name), number) for name, put in self._puts]
        if self._wrapped:
            texts = ((getattr(cells[index], "value", None), width) for index, width in self._wrapped)
            lines = max((lines_needed(text, width) for text, width in texts if isinstance(text, str)), default=1)
            set_height(self._sheet, number, lines)
        self._sheet.append(cells)

    def close(self, decorate: Callable[[Worksheet, int], None] | None = None) -> None:
        """Finish the sheet; it takes no row afterwards. `decorate` is given the sheet and its last row before."""
        if decorate is not None:
            decorate(self._sheet, self._rows)
        self._finish()

    def _start(self) -> None:
        self._part += 1
        table = self.table
        self.title = table.title if self._part == 1 else f"{table.title} {self._part}"
        # A further sheet stands right behind the one it continues.
        place = None if self._part == 1 else self._book.index(self._sheet) + 1
        self._sheet: Worksheet = self._book.create_sheet(self.title, place)
        self._fields = list(self._make_fields())
        self._puts = [(field.column.name, field.put) for field in self._fields]
        self._widths = [column_width(field.column, field.header) for field in self._fields]
        # Which cells decide how high a row must be.
        self._wrapped = [
            (index, self._widths[index])
            for index, field in enumerate(self._fields)
            if field.column.wrap and not table.compact
        ]
        self._set_view()
        self._sheet.append([filled(styled(self._sheet, "heading", wrap=True), field.header) for field in self._fields])
        self._rows = 1

    def _set_view(self) -> None:
        sheet = self._sheet
        widths = self._widths
        for index, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        kept = {column.name for column in self.table.columns[: self.table.keep]}
        keep = sum(field.column.name in kept for field in self._fields)
        sheet.freeze_panes = f"{get_column_letter(keep + 1)}2"
        set_height(
            sheet,
            1,
            max(map(lines_needed, (field.header for field in self._fields), (width / 1.1 for width in widths))),
        )
        is_one_page = set_page(sheet, title=f"{self._file_title} · {self.title}", width=sum(widths))
        sheet.print_options.gridLines = True
        sheet.print_title_rows = "1:1"
        if keep and not is_one_page:
            sheet.print_title_cols = f"A:{get_column_letter(keep)}"

    def _finish(self) -> None:
        place = f"A1:{get_column_letter(len(self._fields))}{self._rows}"
        if self._rows > 1:
            # `add_table` would warn that it cannot look at the headings of a write-only sheet.
            self._sheet.tables.add(self._excel_table(place))
        else:
            # A table of Excel has at least one row below its headings.
            self._sheet.auto_filter.ref = place
        for index, field in enumerate(self._fields, start=1):
            if self._rows > 1 and (rule := _validation(field.column)) is not None:
                letter = get_column_letter(index)
                rule.sqref = f"{letter}2:{letter}{self._rows}"
                self._sheet.data_validations.append(rule)
        self._sheet.close()

    def _excel_table(self, place: str) -> ExcelTable:
        name = self.table.name if self._part == 1 else f"{self.table.name}_{self._part}"
        table = ExcelTable(displayName=name, ref=place)
        # The names must be those of the cells, or Excel calls the file damaged.
        table.tableColumns = [TableColumn(id=number, name=field.header) for number, field in enumerate(self._fields, 1)]
        table.autoFilter = AutoFilter(ref=place)
        table.tableStyleInfo = TableStyleInfo(name=styles()["table"], showRowStripes=True)
        return table

    # --- one function per type of column ---------------------------------------

    def _make_fields(self) -> Iterator[_Field]:
        for column in self.table.columns:
            if column.type == "time":
                words = wording()
                local = words["local_header"].format(header=column.header, zone=self._clock.zone)
                yield _Field(local, column, self._time(local=True))
                if self._clock.zone != "UTC":
                    yield _Field(words["utc_header"].format(header=column.header), column, self._time(local=False))
            else:
                yield _Field(column.header, column, self._put(column))

    def _put(self, column: Column) -> Put:
        match column.type:
            case "integer" | "number":
                return self._integer(column)
            case "count":
                return self._count(column)
            case "flag":
                words = {True: wording()["yes"], False: wording()["no"], None: None}
                cell = self._top_cell()
                return lambda value, _row: _in(cell, words[value])
            case "entry":
                entry = styled(self._sheet, "entry", wrap=column.wrap)
                return lambda _value, _row: entry
            case "texts":
                write = self._text(column)
                separator = wording()["lines"]["list"]
                shown = self._shown(column)
                return lambda value, row: write(separator.join(map(shown, value or ())), row)
            case "lines":
                write = self._text(column)
                return lambda value, row: write("\n".join(map(visible, value or ())), row)
            case _:
                write = self._text(column)
                shown = self._shown(column)
                return lambda value, row: write(shown(value) if value else "", row)

    @staticmethod
    def _shown(column: Column) -> Callable[[str], str]:
        speak = speaker(column)
        return visible if speak is None else lambda value: visible(speak(value))

    def _top_cell(self) -> Any:
        # Rows of several lines read better with all their cells at the top; one-line rows need no style.
        return None if self.table.compact else styled(self._sheet, "text")

    def _text(self, column: Column) -> Callable[[str, int], Any]:
        wrap = column.wrap and not self.table.compact
        plain = styled(self._sheet, "text", wrap=wrap) if not self.table.compact else None
        quoted = styled(self._sheet, "plain" if self.table.compact else "text", wrap=wrap, quoted=True)

        def put(text: str, row: int) -> Any:
            if not text:
                return None
            # At worst the escaped spelling is not twice as long: most texts need no exact count.
            if len(text) > CELL_LIMIT // 2 and cell_length(cell_text(text)) > CELL_LIMIT:
                text = self._long_texts.shorten(text, sheet=self.title, row=row, column=column.header)
            if text[0] in _LEADING:
                return filled(quoted, text)
            return cell_text(text) if plain is None else filled(plain, text)

        return put

    def _integer(self, column: Column) -> Put:
        cell = styled(self._sheet, "integer" if column.unit else "name")
        return lambda value, _row: _in(cell, value)

    def _count(self, column: Column) -> Put:
        cell = styled(self._sheet, "integer")
        unknown: str = wording()["unknown"]
        return lambda value, _row: _in(cell, unknown if value is None else value)

    def _time(self, *, local: bool) -> Put:
        cell = styled(self._sheet, "time")
        other = styled(self._sheet, "text")
        no_date: str = wording()["no_date"]

        def put(moment: int | None, _row: int) -> Any:
            if moment is None:
                return None
            if not is_dated(moment):
                return filled(other, no_date)
            at = self._clock.local(moment) if local else utc_datetime(moment)
            # Excel counts days from 1900 and takes that year for a leap year: before March its dates are wrong.
            if at is None or (at.year, at.month) < (1900, 3):
                return filled(other, iso_utc(moment) or "")
            return _in(cell, _wall_time(at))

        return put


def _in(cell: Any, value: Any) -> Any:
    if value is None or cell is None:
        return value
    cell.value = value
    return cell


def _wall_time(at: datetime) -> datetime:
    # A cell knows no zone: the heading names it.
    return at.replace(tzinfo=None)


def _validation(column: Column) -> DataValidation | None:
    """Return what a spreadsheet offers in the column's cells: its choices and nothing else, or words beside others."""
    words = wording()["choice"]
    if column.choices:
        choices = ", ".join(column.choices)
        rule = DataValidation(type="list", formula1=_list(column.choices), allow_blank=True, showErrorMessage=True)
        rule.errorTitle, rule.error = words["error_title"], words["error"].format(choices=choices)
        return rule
    if column.type == "entry" and column.words:
        # Several may stand in one cell, which a list refuses: it is only offered, and what cannot be meant is
        # named when the file comes back.
        rule = DataValidation(type="list", formula1=_list(column.words.values()), allow_blank=True)
        rule.showErrorMessage, rule.showInputMessage = False, True
        rule.promptTitle = words["offer_title"]
        rule.prompt = words["offer"].format(choices=", ".join(column.words.values()))
        return rule
    return None


def _list(choices: Iterable[str]) -> str:
    # ECMA-376, 18.3.1.32: at most 255 characters; the comma divides in every language of the program.
    return f'"{",".join(choices)}"'
