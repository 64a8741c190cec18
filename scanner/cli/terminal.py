"""
The only place that writes to the terminal.

A subject line or a name may hold escape sequences that move the cursor,
colour the screen or type into the shell, and marks that turn an address
around. Whatever comes from mail, a server or a file passes `safe` first.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from scanner.export.words.text import visible

_LONGEST_LINE = 120
"""Columns of running text; longer lines are hard to read."""

_ENTRY_WIDTHS = (4, 5, 12, 10, 6, 6)
"""Rank, score, key, date, people, addresses; 99,999 people stay in line."""

Style = Literal["", "bold", "dim", "red", "yellow", "green"]


def safe(text: str) -> str:
    """Return text on one line in which no character acts on the terminal and none is invisible."""
    return visible(text)


def note(text: str) -> None:
    """Print one line to stderr, whatever the text holds."""
    print(safe(text), file=sys.stderr, flush=True)


def print_json(value: object) -> None:
    """Print a value as JSON; ASCII only, so that nothing in it can act on a terminal."""
    print(json.dumps(value, indent=2, ensure_ascii=True))


def cut(text: str, width: int) -> str:
    """Return safe text of at most `width` terminal cells, its end marked with … when it was longer."""
    shown = safe(text)
    if cell_len(shown) <= width:
        return shown
    return set_cell_size(shown, width - 1).rstrip() + "…" if width > 1 else "…"


class Screen:
    """
    Prints answers on stdout: lines, paragraphs and tables.

    As wide as the terminal; 80 columns when the answer goes into a file or
    pipe. Colours only on a terminal that wants them (NO_COLOR is heeded).
    """

    def __init__(self) -> None:
        # Nothing from mail is markup, an emoji code or a thing to colour.
        self._console = Console(file=sys.stdout, markup=False, emoji=False, highlight=False)

    @property
    def width(self) -> int:
        """Columns of the answer."""
        return self._console.width

    def line(self, text: str = "", *, style: Style = "") -> None:
        """Print one line as it is; it is never broken, so that programs such as grep find it whole."""
        self._console.print(Text(safe(text), style=style), soft_wrap=True)

    def heading(self, text: str) -> None:
        """Print a heading with an empty line before it."""
        self.line()
        self.line(text, style="bold")

    def paragraph(self, text: str, *, indent: int = 0, first: str = "", style: Style = "") -> None:
        """Print running text, broken at words; `first` stands in the indent of the first line."""
        width = max(20, min(self.width, _LONGEST_LINE) - indent)
        for number, piece in enumerate(Text(safe(text)).wrap(self._console, width)):
            lead = first if number == 0 else ""
            self._console.print(Text(lead.ljust(indent) + piece.plain.rstrip(), style=style), soft_wrap=True)

    def entry(self, cells: Sequence[str], *, style: Style = "") -> None:
        """
        Print one entry of the queue: rank, score, key, date, two figures, and text that takes what is left.

        The columns have fixed widths, so that a long queue need not be held to be printed.
        """
        lead = "  ".join(
            cut(cell, width).ljust(width) if column in (2, 3) else cut(cell, width).rjust(width)
            for column, (cell, width) in enumerate(zip(cells[:-1], _ENTRY_WIDTHS, strict=True))
        )
        self.line(f"{lead}  {cut(cells[-1], max(12, self.width - len(lead) - 2))}", style=style)

    def table(
        self,
        header: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        right: frozenset[int] = frozenset(),
        wide: int,
        lead: int = 0,
    ) -> None:
        """
        Print a table in which one column gives way when the terminal is narrow.

        When that is not enough, the first `lead` cells of a row stand on a
        line of their own, and the others below them.

        Args:
            header: Column headings.

            rows: Cells as text, as many as headings.

            right: Columns whose cells stand at the right: numbers.

            wide: The column that is cut when the rest leaves it too little room.

            lead: Columns that may stand on a line of their own; 0 = none, the terminal breaks long lines.
        """
        cells = [[safe(cell) for cell in row] for row in (header, *rows)]
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        others = sum(widths) - widths[wide] + 2 * (len(header) - 1)
        widths[wide] = max(min(widths[wide], self.width - others), min(widths[wide], 12))
        is_stacked = lead > 0 and others + widths[wide] > self.width
        if is_stacked and wide >= lead:
            rest = sum(widths[lead:]) - widths[wide] + 2 * (len(header) - lead)
            widths[wide] = max(12, min(max(cell_len(row[wide]) for row in cells), self.width - rest))
        for number, row in enumerate(cells):
            parts = [
                " " * (width - cell_len(cut(cell, width))) + cut(cell, width)
                if column in right
                else set_cell_size(cut(cell, width), width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            style: Style = "bold" if number == 0 else ""
            if is_stacked:
                self.line(cut("  ".join(row[:lead]), self.width), style=style)
                self.line(" " + "  ".join(parts[lead:]).rstrip(), style=style)
            else:
                self.line("  ".join(parts).rstrip(), style=style)
