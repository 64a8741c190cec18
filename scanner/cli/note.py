"""The note's blocks on a terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.cells import cell_len

from scanner.cli.terminal import Screen, cut, safe
from scanner.export.note import Block, Entry, Figure, Grid, Paragraph, Point, Section

_WIDEST_LEAD = 24


def print_section(screen: Screen, section: Section) -> None:
    """Print a heading and its blocks; those of one sort that follow each other are aligned."""
    screen.heading(section.title)
    for number, (sort, group) in enumerate(groupby(section.blocks, type)):
        if sort is Figure and number:
            screen.line()
        _print_blocks(screen, list(group))


def _print_blocks(screen: Screen, blocks: Sequence[Block]) -> None:
    leads = [cell_len(safe(block.lead)) for block in blocks if isinstance(block, Entry)]
    names = [cell_len(block.name) for block in blocks if isinstance(block, Figure)]
    lead, name = min(max(leads, default=0), _WIDEST_LEAD), max(names, default=0)
    for block in blocks:
        match block:
            case Paragraph(text):
                screen.paragraph(text, indent=2)
            case Point(text):
                screen.paragraph(text, indent=4, first="  -")
            case Entry(first, text, details):
                screen.paragraph(text, indent=lead + 4, first=f"  {cut(first, lead).rjust(lead)}")
                for detail in details:
                    screen.paragraph(detail, indent=lead + 4, style="dim")
            case Figure(first, value, meaning):
                screen.paragraph(meaning, indent=name + 15, first=f"  {first:<{name}}  {value:>9}")
            case Grid(header, rows, wide):
                # An address may be as long as the screen is wide: it then stands on a line of its own.
                screen.table(header, rows, wide=wide, lead=1)
