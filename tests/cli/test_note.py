"""A note's blocks fit the terminal, whatever mail put into them."""

import pytest
from rich.cells import cell_len

from scanner.cli.note import print_section
from scanner.cli.terminal import Screen
from scanner.export.note import Block, Entry, Figure, Grid, Paragraph, Point, Section

LONG = "a-very-long-name-of-a-person-who-has-many-names@a-long-host-name-of-an-organisation.example"
EVIL = "name\x1b[2J\u202e of \u2066somebody\r\n"


@pytest.mark.parametrize(
    "block",
    [
        Paragraph(f"{EVIL} {'word ' * 40}"),
        Point(f"{EVIL} {'word ' * 40}"),
        Entry(EVIL, "word " * 40, (f"{EVIL} {'word ' * 40}",)),
        Figure("Exposed people", "1,000,000", "word " * 40),
        Grid(("Address", "Tier", "Shown as"), (("a@example.org", "full", "Ada " * 40), (LONG[:75], "full", EVIL)), 2),
    ],
)
def test_every_block_stays_within_eighty_columns(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Long texts are broken or cut, long addresses stand on a line of their own, and nothing acts on the terminal."""
    monkeypatch.setenv("COLUMNS", "80")

    print_section(Screen(), Section("happened", "What happened", (block,)))

    out = capsys.readouterr().out
    assert out.startswith("\nWhat happened\n")
    assert max(map(cell_len, out.splitlines())) <= 80
    assert not set(out) & set("\x1b\u202e\u2066\r")
