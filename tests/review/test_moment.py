"""Moments are read as people write them, in the organisation's zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scanner.errors import UsageError
from scanner.review import read_last_day, read_moment

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-22 16:40", "2026-11-22T15:40:00"),
        ("2026-11-22T16:40:30", "2026-11-22T15:40:30"),
        ("2026-11-22T16:40Z", "2026-11-22T16:40:00"),
        ("2026-11-22T16:40-05:00", "2026-11-22T21:40:00"),
        ("2026-11-22", "2026-11-21T23:00:00"),
        (" 22.11.2026 16:40 ", "2026-11-22T15:40:00"),
        ("22.11.2026 9:05:30 Uhr", "2026-11-22T08:05:30"),
        ("2.1.2026, 9:05", "2026-01-02T08:05:00"),
        # 02:30 occurs twice on that morning.
        ("2026-10-25 02:30", "2026-10-25T00:30:00"),
    ],
)
def test_a_moment_without_an_offset_is_local(text: str, utc: str) -> None:
    """Of an hour that occurs twice the first is meant: no deadline ends too late."""
    found = read_moment(text, BERLIN, where="--aware-at")

    assert datetime.fromtimestamp(found, UTC).replace(tzinfo=None).isoformat() == utc


@pytest.mark.parametrize(
    "text", ["", "yesterday", "11/22/2026", "2026-13-01", "31.02.2026", "2026W471", "20261122", "2026-1-2"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """With the option and how to write it."""
    with pytest.raises(UsageError) as caught:
        read_moment(text, BERLIN, where="--aware-at")

    assert caught.value.where == "--aware-at"
    assert "2026-11-22 16:40" in str(caught.value)


@pytest.mark.parametrize("text", ["2026-03-29 02:30", "29.03.2026 2:59 Uhr"])
def test_an_hour_that_the_clocks_skipped_is_refused(text: str) -> None:
    """Nobody can have known then; with an offset it is a moment like any other."""
    with pytest.raises(UsageError, match=r"put forward, and there was no such time.*\+02:00"):
        read_moment(text, BERLIN, where="--aware-at")

    assert read_moment("2026-03-29 02:30+02:00", BERLIN, where="--aware-at") == 1_774_744_200


def test_a_day_begins_where_its_midnight_was_skipped() -> None:
    """Cairo puts its clocks forward at midnight."""
    found = read_moment("2026-04-24", ZoneInfo("Africa/Cairo"), where="--at")

    assert datetime.fromtimestamp(found, UTC).isoformat() == "2026-04-23T22:00:00+00:00"


def test_the_last_day_is_included() -> None:
    """It ends where the next one begins."""
    end = read_last_day("2027-06-30", BERLIN, where="--expires")

    assert datetime.fromtimestamp(end, UTC).isoformat() == "2027-06-30T22:00:00+00:00"
    with pytest.raises(UsageError):
        read_last_day("2027-06-30 12:00", BERLIN, where="--expires")
