"""Decisions and deadlines in words."""

import typing
from datetime import datetime

import pytest

from scanner.export.decision import deadline_text, reopened_text
from scanner.export.moment import Clock
from scanner.model import Reopened, ReopenedBy

BERLIN = Clock("Europe/Berlin")
DUE = int(datetime.fromisoformat("2026-11-26T16:40:00+01:00").timestamp())
HOUR = 3600


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (31 * HOUR + 1799, "Thursday 16:40 Berlin, 31 h left"),
        (HOUR - 1, "Thursday 16:40 Berlin, 59 min left"),
        (0, "Thursday 16:40 Berlin, 0 min left"),
        (-HOUR, "Thursday 26 November 2026 16:40 Berlin, 1 h OVERDUE"),
        (60 * 24 * HOUR - 1, "Thursday 26 November 2026 16:40 Berlin, 59 days left"),
        (-400 * 24 * HOUR, "Thursday 26 November 2026 16:40 Berlin, 400 days OVERDUE"),
    ],
)
def test_a_deadline_is_a_weekday_and_a_time_with_what_is_left(left: int, text: str) -> None:
    """Never more time than there is; with the date where the weekday could mislead."""
    assert deadline_text(DUE, BERLIN, DUE - left) == text


@pytest.mark.parametrize("by", typing.get_args(ReopenedBy))
@pytest.mark.parametrize("count", [1, 2])
def test_every_reason_to_reopen_has_its_words(by: ReopenedBy, count: int) -> None:
    """No brace is left, and names cannot act on a terminal or a cell."""
    text = reopened_text(Reopened(by, count, DUE, "Da\x1bna"), BERLIN)

    assert text
    assert not set("{}\x1b") & set(text)


def test_an_expired_dismissal_names_its_last_day() -> None:
    """The moment stored is the first one after it."""
    midnight = int(datetime.fromisoformat("2027-07-01T00:00:00+02:00").timestamp())

    assert reopened_text(Reopened("expired", at=midnight), BERLIN) == "the dismissal ended on 30 June 2027"
