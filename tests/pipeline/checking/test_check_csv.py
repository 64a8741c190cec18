"""The CSV of a check is whole, private, and no spreadsheet takes its text for a formula."""

import csv
from pathlib import Path

import pytest

from scanner.errors import OutputExistsError
from scanner.pipeline.checking.account_check import AccountCheck, CheckedMailbox, CheckStep
from scanner.pipeline.checking.check_csv import COLUMNS, check_csv

SENT = (CheckedMailbox("Sent", "x", 3), CheckedMailbox("Alt;e", "x", 4))
GOOD = AccountCheck(1, "office", (CheckStep("counts", True, "3", ""),), SENT)
BAD = AccountCheck(
    2,
    '=HYPERLINK("http://x")',
    (
        CheckStep("host name", True, "", ""),
        CheckStep("permission", False, "not let\nin", "@Grant it", "permission"),
        CheckStep("counts", None, "not tried", ""),
    ),
    (),
    warnings=("-1", "b"),
)


def rows(file: Path) -> list[dict[str, str]]:
    """Return what a reader of CSV finds."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_every_account_is_a_row(tmp_path: Path) -> None:
    """Done, failed step, next action; for its owner only."""
    file = tmp_path / "check.csv"

    with check_csv(file) as write:
        write(GOOD)
        write(BAD)

    good, bad = rows(file)
    assert tuple(good) == COLUMNS
    assert (good["account"], good["steps_done"], good["failed_step"], good["messages"]) == ("office", "1", "", "7")
    assert (bad["steps_done"], bad["steps"], bad["failed_step"], bad["cause"]) == ("1", "3", "permission", "permission")
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    """Names and answers come from files and servers; a line end stays in its cell."""
    file = tmp_path / "check.csv"

    with check_csv(file) as write:
        write(BAD)

    (row,) = rows(file)
    assert row["account"].startswith("'=")
    assert row["next_action"] == "'@Grant it"
    assert row["warnings"] == "'-1; b"
    assert row["what"] == "not let[U+000A]in"


def test_nothing_is_overwritten_and_nothing_half_is_left(tmp_path: Path) -> None:
    """Said before the first account is tried; a check that broke off leaves no file."""
    taken = tmp_path / "taken.csv"
    taken.write_text("mine")

    with pytest.raises(OutputExistsError), check_csv(taken):
        raise AssertionError("nothing may be tried")
    with pytest.raises(KeyboardInterrupt), check_csv(tmp_path / "broken.csv"):
        raise KeyboardInterrupt

    assert taken.read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["taken.csv"]
