"""Cells of the workbook with the styles of reports/styles.toml."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import ceil
from textwrap import shorten
from typing import Any
from unicodedata import east_asian_width

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.workbook import Workbook
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

from scanner.columns import Column
from scanner.export.words.text import CELL_LIMIT, cell_length, cell_text
from scanner.export.words.wording import styles, wording

# types-openpyxl knows the writable worksheet only in parts; a write-only sheet is passed around as Any.
Worksheet = Any

_MEASURED = 4000
"""Letters of a line that is broken word by word; the highest row shows far fewer."""

_BOLD = 1.05
_WIDEST_VALUE = 26
_OTHERS = 1.25
"""Zeros that a letter takes which styles.toml does not name."""


def styled(sheet: Worksheet, role: str, *, wrap: bool = False, quoted: bool = False) -> Cell:
    """
    Return an empty cell of a sheet in one of the roles of reports/styles.toml.

    A cell can be filled and appended any number of times: a write-only sheet
    has written it before `append` returns.

    Args:
        sheet: The write-only worksheet it will be appended to.

        role: Which style.

        wrap: Break long text into lines.

        quoted: Mark the content as text for good, so that editing the cell
            in Excel does not turn it into a formula (quotePrefix; ECMA-376,
            18.8.45).
    """
    look = styles()["role"][role]
    cell: Cell = WriteOnlyCell(sheet)
    if look.keys() & {"bold", "size", "colour"}:
        cell.font = Font(
            name=styles()["font"],
            size=look.get("size", styles()["size"]),
            bold=look.get("bold", False),
            color=look.get("colour"),
        )
    if "fill" in look:
        cell.fill = PatternFill("solid", start_color=look["fill"], end_color=look["fill"])
    if "line_below" in look:
        cell.border = Border(bottom=Side("thin", color=look["line_below"]))
    if "line_around" in look:
        side = Side("thin", color=look["line_around"])
        cell.border = Border(left=side, right=side, top=side, bottom=side)
    if "format" in look:
        cell.number_format = look["format"]
    vertical = "center" if look.get("centre") else "top" if look.get("top") else None
    horizontal = "right" if look.get("right") else "left" if look.get("left") else None
    if wrap or vertical or horizontal:
        cell.alignment = Alignment(
            horizontal=horizontal, vertical=vertical, wrap_text=wrap, indent=look.get("indent", 0)
        )
    if quoted:
        cell.quotePrefix = True
    return cell


def filled(cell: Cell, text: str) -> Cell:
    """Put text into a cell, as text: no formula, no error value and no number is made of it."""
    cell.value = cell_text(text)
    cell.data_type = "s"
    return cell


def lines_needed(text: str, width: float) -> int:
    """Return how many lines a text takes in a column that is so many zeros wide, broken at words as Excel does."""
    return sum(_lines(line, max(1, width)) for line in text.split("\n"))


def rows_of(values: Sequence[Any], widths: Sequence[float]) -> Iterator[list[Any]]:
    """
    Yield the rows that one row of values takes, so that all of its texts can be read.

    A text that the highest row does not show, or a cell not hold, goes on in
    the rows below; joined again its parts give the text.
    """
    parts: list[list[Any]] = [
        list(_shown_parts(value, width)) or [""] if isinstance(value, str) else [value]
        for value, width in zip(values, widths, strict=True)
    ]
    for number in range(max(map(len, parts))):
        yield [some[number] if number < len(some) else "" if isinstance(some[0], str) else None for some in parts]


def _shown_parts(text: str, width: float) -> Iterator[str]:
    """Cut a text into parts that the highest row shows, behind blanks where there are some."""
    most = styles()["highest_row"] // styles()["line_height"]
    while lines_needed(text, width) > most or cell_length(cell_text(text)) > CELL_LIMIT:
        # As many lines as fit, or less: no line holds fewer letters than half its width in zeros.
        some = text[: max(1, int(most * width / 2))]
        while lines_needed(some, width) > most:
            some = some[: len(some) * 3 // 4]
        end = max(some.rfind(" "), some.rfind("\n")) + 1 or len(some)
        yield some[:end]
        text = text[end:]
    yield text


def _lines(text: str, room: float) -> int:
    # Words of a language take less than a zero a letter, and most texts need not be measured.
    if (4 * len(text) <= 3 * room and text.isascii()) or (width := measured(text)) <= room:
        return 1
    if len(text) > _MEASURED:
        return ceil(width / room) + 1
    lines, used = 1, 0.0
    for word in text.split(" "):
        width = measured(word)
        if used and used + width > room:
            lines, used = lines + 1, 0.0
        # A word that is wider than the column is broken anywhere.
        lines += max(0, ceil(width / room) - 1)
        used += (width - 1) % room + 1 if width > room else width
        used += measured(" ")
    return lines


def measured(text: str) -> float:
    """Return how wide a text is, in zeros of the same font, as the widths of columns are (ECMA-376, 18.3.1.13)."""
    return sum(map(_letter_widths().__getitem__, text))


@cache
def _letter_widths() -> Mapping[str, float]:
    return _Widths({letter: one["width"] for one in styles()["letters"] for letter in one["of"]})


class _Widths(dict[str, float]):
    """Widths by letter; of one that styles.toml does not name what its kind takes."""

    def __missing__(self, letter: str) -> float:
        self[letter] = width = 2.0 if east_asian_width(letter) in "WF" else _OTHERS
        return width


def column_width(column: Column, header: str) -> int:
    """
    Return how wide a column is, in zeros: no word of its heading is broken, none of its fixed values cut.

    Args:
        column: With the width that columns.toml gives it, which does for one language.

        header: Its heading; a time has one for each of its two columns.
    """
    # Headings are bold, and a filter's arrow stands in them.
    widest = max(measured(word) for word in header.split()) * _BOLD + 1
    values = (value for value in column.words.values() if "{" not in value)
    shown = max((measured(value) for value in values), default=0) + 1 if not column.wrap else 0
    return max(column.width, ceil(widest), min(ceil(shown), _WIDEST_VALUE))


def set_height(sheet: Worksheet, row: int, lines: int) -> None:
    """Make room for so many lines in the row that is appended next: LibreOffice does not do so by itself."""
    # Earlier rows are written: forgetting them keeps memory flat.
    sheet.row_dimensions.clear()
    if lines > 1:
        sheet.row_dimensions[row].height = min(lines * styles()["line_height"], styles()["highest_row"])


def set_page(sheet: Worksheet, *, title: str, width: int = 0, footer: str = "") -> bool:
    """
    Prepare a sheet for paper: A4 landscape, with title, page number and how to handle it.

    Args:
        sheet: The write-only worksheet, before its first row.

        title: Stands above each page.

        width: Of all columns, in characters; what is too wide to be read on one page goes on beside it.

        footer: How to handle it; "" = it holds personal data.

    Returns:
        Whether it is one page wide.
    """
    page = styles()["page"]
    words = wording()["file"]
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = page["paper"]
    is_one: bool = width <= page["characters"]
    if is_one:
        sheet.page_setup.fitToWidth = 1
        # 0: as many pages long as it takes.
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    else:
        # Fitted to several pages, letters are as large as fills the last of them: no page begins where it was planned.
        sheet.page_setup.scale = page["scale"]
    margin = page["margin"]
    sheet.page_margins = PageMargins(
        left=margin, right=margin, top=margin * 2, bottom=margin * 2, header=margin, footer=margin
    )
    # In a header or footer an ampersand begins a code (ECMA-376, 18.3.1.46), and Excel refuses a file
    # with more than 255 characters there.
    sheet.HeaderFooter.oddHeader.left.text = shorten(title, 110, placeholder="…").replace("&", "&&")
    sheet.HeaderFooter.oddFooter.left.text = footer or words["footer"]
    sheet.HeaderFooter.oddFooter.right.text = words["page"]
    return is_one


def set_font(book: Workbook) -> None:
    """Make the font of styles.toml the one of cells without a style."""
    # The first font of a workbook is the one of its Normal style; openpyxl has no public way to set it.
    fonts: Any = vars(book)["_fonts"]
    fonts[0] = Font(name=styles()["font"], size=styles()["size"], family=2)
