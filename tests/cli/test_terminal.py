"""A subject line on a terminal is hostile ground."""

import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from scanner.cli.terminal import Screen, cut, note, print_json, safe

HOSTILE = "\x1b]0;owned\x07\x1b[2Jred\u202eexe.\u2066\r\n\x9b31m\x00\udc80[bold]:smile:"


@given(st.text())
def test_nothing_safe_acts_on_the_terminal(text: str) -> None:
    """No control character (ECMA-48: C0, C1) and no bidirectional control (UAX 9) is left."""
    shown = safe(text)

    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@given(st.text(), st.integers(1, 60))
def test_cut_text_fits(text: str, width: int) -> None:
    """Wide characters count two cells; whatever the text, it stays in its column."""
    assert cell_len(cut(text, width)) <= width


def test_every_way_to_print_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines, paragraphs, tables, notes and JSON show hostile text without obeying it, markup included."""
    screen = Screen()
    screen.line(HOSTILE)
    screen.paragraph(HOSTILE)
    screen.heading(HOSTILE)
    screen.entry((HOSTILE,) * 7)
    screen.table((HOSTILE,) * 2, [(HOSTILE,) * 2], wide=1)
    note(HOSTILE)
    print_json({HOSTILE: HOSTILE})

    out, err = capsys.readouterr()
    for character in (out + err).replace("\n", ""):
        assert unicodedata.category(character) not in ("Cc", "Cs", "Cf"), repr(character)
    assert "[bold]:smile:" in out


def test_a_pipe_gets_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Paragraphs and tables are readable in 80 columns when nobody says how wide the screen is."""
    monkeypatch.delenv("COLUMNS", raising=False)
    screen = Screen()
    screen.paragraph("word " * 100, indent=4)
    screen.table(("A", "B", "C"), [("x" * 30, "y" * 90, "z" * 10)], wide=1)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) > 5


def test_a_table_that_is_too_wide_has_two_lines_a_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What names the row first, its figures below: no terminal has to break a word."""
    monkeypatch.setenv("COLUMNS", "80")
    row = ("accounting", "Sent", *["1,234,567"] * 5, "2019-01-01", "2024-12-31")

    Screen().table("ABCDEFGHI", [row], right=frozenset(range(2, 7)), wide=1, lead=2)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2] == "accounting  Sent"
    assert lines[3].split() == list(row[2:])


def test_a_line_is_never_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """What grep looks for stands on one line."""
    Screen().line("x" * 300)

    assert capsys.readouterr().out == "x" * 300 + "\n"


def test_json_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON keeps the text as it is, in ASCII."""
    print_json({"subject": HOSTILE, "name": "Zoë"})

    out = capsys.readouterr().out
    assert out.isascii()
    assert json.load(io.StringIO(out)) == {"subject": HOSTILE, "name": "Zoë"}
