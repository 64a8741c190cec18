"""The authority's form as a workbook: the form, the text to paste, the figures, the incidents. It names nobody."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from openpyxl.workbook import Workbook

from scanner.columns import ladder
from scanner.export.authority.answers import AuthorityForm, filled_form
from scanner.export.request import Request
from scanner.export.tables.rows import ladder_values
from scanner.export.words.wording import wording
from scanner.export.workbook.book import new_book
from scanner.export.workbook.look import Worksheet, filled, lines_needed, rows_of, set_height, set_page, styled
from scanner.model import Progress, Report

_WIDE = 100
_PASTED = 120


class _Page:
    """One sheet: a heading row, then rows of text that wraps."""

    def __init__(
        self, book: Workbook, title: str, headings: Sequence[str], widths: Sequence[int], handling: str
    ) -> None:
        self._sheet: Worksheet = book.create_sheet(title)
        self._widths = widths
        self._rows = 0
        for letter, width in zip("ABCDEFG", widths, strict=False):
            self._sheet.column_dimensions[letter].width = width
        self._sheet.freeze_panes = "A2"
        set_page(self._sheet, title=title, footer=handling)
        self.row(headings, "heading")

    def row(self, values: Sequence[Any], role: str = "text") -> None:
        """Write one row, or several where a text is too long for one; texts as texts."""
        for some in rows_of(values, self._widths):
            self._row(some, role)

    def _row(self, values: Sequence[Any], role: str) -> None:
        cells: list[Any] = []
        lines = 1
        for value, width in zip(values, self._widths, strict=True):
            if isinstance(value, str):
                cell = styled(self._sheet, role, wrap=True, quoted=value[:1] in tuple("=+-@#"))
                cells.append(filled(cell, value))
                lines = max(lines, lines_needed(value, width))
            else:
                number: Any = styled(self._sheet, "integer")
                number.value = value
                cells.append(number)
        self._rows += 1
        set_height(self._sheet, self._rows, lines)
        self._sheet.append(cells)

    def close(self) -> None:
        """Finish the sheet."""
        self._sheet.close()


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """Write the workbook into an open file."""
    form = filled_form(report, request)
    words = form.words
    with new_book(file, report.head, title=form.title, sealed=request.password is not None) as book:
        page = _Page(
            book, words["form"], [words["number"], words["field"], words["answer"]], (6, 44, _WIDE), words["handling"]
        )
        for place, note in enumerate(form.notes):
            page.row(["", form.title if place == 0 else "", note], "bold")
        for answer in form.answers:
            page.row([answer.number, answer.heading, answer.text])
        page.row(["", "", form.made], "note")
        page.close()
        paste = _Page(book, words["paste"], [words["paste"]], (_PASTED,), words["handling"])
        # A cell of its own for each line: copied cells that hold line ends come with quotation marks around them.
        for line in form.plain_text().split("\n"):
            paste.row([line])
        paste.close()
        _write_figures(book, report, words)
        _write_incidents(book, form, words)


def _write_figures(book: Workbook, report: Report, words: Any) -> None:
    page = _Page(
        book, words["figures"], [words["figure"], words["value"], words["meaning"]], (30, 14, _WIDE), words["handling"]
    )
    values = ladder_values(report.totals.ladder)
    for rung in ladder():
        value = values[rung.name]
        if value is None:
            value = wording()["unknown"]
        elif isinstance(value, bool):
            value = wording()["yes" if value else "no"]
        page.row([rung.header, value, rung.meaning])
    page.close()


def _write_incidents(book: Workbook, form: AuthorityForm, words: Any) -> None:
    headings = [words[name] for name in ("incident", "first", "last", "aware", "messages", "addresses", "people")]
    page = _Page(book, words["incidents"], headings, (16, 34, 34, 34, 12, 12, 12), words["handling"])
    for one in form.incidents:
        page.row([one.key, one.first, one.last, one.aware, one.messages, one.addresses, one.people])
    page.close()
