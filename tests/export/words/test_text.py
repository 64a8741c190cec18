"""Text from mail in a form that can be looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.export.words.text import CELL_LIMIT, cell_length, cell_parts, cell_text, visible

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Frühling – 名前 👩‍⚕️", "Frühling – 名前 👩‍⚕️"),
        ("a\x00b\x1b[31m\x7f", "a[U+0000]b[U+001B][31m[U+007F]"),
        ("line\r\nbreak", "line[U+000D][U+000A]break"),
        ("invoice\u202efdp.exe", "invoice[U+202E]fdp.exe"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("pay\u00adment\u3164\u2800", "pay[U+00AD]ment[U+3164][U+2800]"),
        ("\ufdd0 \U0001fffe", "[U+FDD0] [U+1FFFE]"),
        ("caf\udce9", "caf\\xE9"),
        ("\ud83d", "[U+D83D]"),
        ("\uffff", "[U+FFFF]"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    """Nothing is dropped: an invisible character stands there by its number, a raw byte by its value."""
    assert visible(text) == shown


@given(ANY_TEXT)
def test_visible_text_is_fit_for_xml_and_utf_8(text: str) -> None:
    """XML 1.0, 2.2: any Unicode character, excluding the surrogate blocks, FFFE, and FFFF, and most controls."""
    shown = visible(text)

    shown.encode("utf-8")
    assert all(character >= " " and character not in "\x7f\ufffe\uffff" for character in shown)


@given(ANY_TEXT)
def test_making_text_visible_twice_changes_nothing(text: str) -> None:
    """A text that was made visible is visible."""
    assert visible(visible(text)) == visible(text)


@given(ANY_TEXT.map(visible), st.integers(min_value=2, max_value=40))
def test_parts_fit_a_cell_and_give_the_text_again(text: str, limit: int) -> None:
    """A long text is continued, never cut silently."""
    parts = list(cell_parts(text, limit))

    assert "".join(parts) == text
    assert all(cell_length(cell_text(part)) <= limit for part in parts)


def test_the_longest_texts_of_two_units_a_character_fit_a_cell() -> None:
    """Excel counts UTF-16 code units: a text of emoji is twice as long as it looks."""
    text = "🦊" * CELL_LIMIT

    parts = list(cell_parts(text))

    assert "".join(parts) == text
    assert max(map(cell_length, parts)) <= CELL_LIMIT


@pytest.mark.parametrize(
    ("text", "shown"), [(" ", "[U+0020]"), ("\u3000\t", "[U+3000][U+0009]"), (" a ", " a "), ("", "")]
)
def test_white_space_that_is_all_there_is_can_be_seen(text: str, shown: str) -> None:
    """A subject of one space is no missing subject."""
    assert visible(text) == shown
