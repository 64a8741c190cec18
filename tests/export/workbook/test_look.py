"""What a sheet looks like on a screen and on paper: widths, heights, pages."""

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.columns import Column, letter, sheets
from scanner.export.words.text import CELL_LIMIT, cell_length, cell_text
from scanner.export.words.wording import styles
from scanner.export.workbook.look import column_width, lines_needed, measured, rows_of
from scanner.export.workbook.workbook import write
from scanner.language import LANGUAGES, Language, speaking
from tests.export.sample import sample_report

_LEGIBLE = 0.75
"""Of the letters' size: below, a page at arm's length is guessed rather than read."""


def workbook(spoken: Language) -> bytes:
    """Return the workbook of the sample report."""
    file = io.BytesIO()
    with speaking(spoken):
        write(sample_report(), file)
    return file.getvalue()


def printed(column: Column) -> list[int]:
    """Return the widths of a column on a sheet; a time has two, local and UTC."""
    return [column_width(column, column.header)] * (2 if column.type == "time" else 1)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 1),
        ("ten zeros", 1),
        ("0" * 10, 1),
        ("0" * 11, 2),
        ("one\ntwo\n\nfour", 4),
        ("aaaa bbbb cccc", 2),
        ("WWWWWWWW", 2),
        ("illillillillillill", 1),
        ("漢" * 6, 2),
    ],
)
def test_a_row_is_as_high_as_its_text(text: str, lines: int) -> None:
    """Letters are as wide as they are; a word that does not fit goes to the next line."""
    assert lines_needed(text, 10) == lines


def test_a_very_long_text_needs_at_least_the_lines_of_its_letters() -> None:
    """Nobody measures it word by word; the highest row is far lower."""
    assert lines_needed("word " * 2000, 50) >= measured("word " * 2000) / 50


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_no_heading_and_no_fixed_value_is_broken_or_cut(spoken: Language) -> None:
    """A German word is longer than the English one for which a width was chosen."""
    with speaking(spoken):
        columns = [column for table in (*sheets().values(), letter("mail_merge")) for column in table.columns]
        cut = {
            column.header
            for column in columns
            if max(map(measured, column.header.split())) > column_width(column, column.header)
            or any(
                column_width(column, column.header) < measured(value) < 26
                for value in column.words.values()
                if "{" not in value and not column.wrap
            )
        }

    assert cut == set()


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_every_sheet_is_printed_legibly(spoken: Language) -> None:
    """What is too wide for a page goes on beside it, in letters no smaller, with the first columns on each page."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(spoken)))
    full_size = 150

    small = {}
    for page in book.worksheets:
        width = sum(one.width for one in page.column_dimensions.values())
        setup = page.page_setup
        is_fitted = page.sheet_properties.pageSetUpPr is not None and page.sheet_properties.pageSetUpPr.fitToPage
        scale = min(1.0, full_size / width) if is_fitted else setup.scale / 100
        if scale < _LEGIBLE or (not is_fitted and not page.print_title_cols):
            small[page.title] = scale

    assert small == {}


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_what_is_needed_to_decide_stands_on_the_first_page_of_the_queue(spoken: Language) -> None:
    """Whom it showed, why it ranks here and how it stands are read side by side."""
    with speaking(spoken):
        columns = sheets()["queue"].columns
    names = [column.name for column in columns]
    first = columns[: names.index("standing") + 1]

    assert {"subject", "exposed_people", "why", "status", "standing"} <= {column.name for column in first}
    with speaking(spoken):
        assert sum(width for column in first for width in printed(column)) <= styles()["page"]["characters"]


@given(
    st.one_of(
        st.text(alphabet="ab \n\U0001f600\x01", max_size=3_000),
        st.builds(lambda word, times: word * times, st.text(min_size=1, max_size=30), st.integers(1, 4_000)),
    ),
    st.integers(4, 120),
)
def test_long_texts_go_on_in_the_rows_below(text: str, width: int) -> None:
    """No part is higher than the highest row or longer than a cell holds, and together they are the text."""
    rows = list(rows_of(["1.", text, 7], (6, width, 8)))

    parts = [row[1] for row in rows]
    assert "".join(parts) == text
    assert [row[0] for row in rows] == ["1."] + [""] * (len(rows) - 1)
    assert [row[2] for row in rows] == [7] + [None] * (len(rows) - 1)
    most = styles()["highest_row"] // styles()["line_height"]
    assert all(lines_needed(part, width) <= most or len(part) == 1 for part in parts)
    assert all(cell_length(cell_text(part)) <= CELL_LIMIT for part in parts)


def test_texts_are_cut_between_words() -> None:
    """As long as there are words."""
    text = "an apology to all of them " * 500

    parts = [row[0] for row in rows_of([text], (80,))]

    assert len(parts) > 1
    assert {part[-1] for part in parts} == {" "}
    assert "".join(parts) == text
