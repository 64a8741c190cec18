"""Decisions and deadlines in words."""

import typing
from datetime import datetime

import pytest

from scanner.export.words.decision import deadline_line, reopened_text, with_time_left
from scanner.export.words.moment import Clock
from scanner.language import speaking
from scanner.model import Deadline, Reopened, ReopenedBy

BERLIN = Clock("Europe/Berlin")
DUE = int(datetime.fromisoformat("2026-11-26T16:40:00+01:00").timestamp())
HOUR = 3600


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (31 * HOUR + 1799, "Thursday 16:40 Berlin, 31 h left"),
        (HOUR - 1, "Thursday 16:40 Berlin, 59 min left"),
        (0, "Thursday 16:40 Berlin, 0 min left"),
        (-HOUR, "1 h OVERDUE: Thursday 26 November 2026, 16:40 Berlin"),
        (60 * 24 * HOUR - 1, "Thursday 26 November 2026, 16:40 Berlin, 59 days left"),
        (-400 * 24 * HOUR, "400 days OVERDUE: Thursday 26 November 2026, 16:40 Berlin"),
    ],
)
def test_a_deadline_is_a_weekday_and_a_time_with_what_is_left(left: int, text: str) -> None:
    """Never more time than there is; with the date where the weekday could mislead."""
    assert with_time_left(DUE, BERLIN, DUE - left, is_live=True) == text


@pytest.mark.parametrize(
    ("spoken", "left", "text"),
    [
        (
            "en",
            31 * HOUR,
            "GDPR Art. 33, to the authority: Thursday 26 November 2026, 16:40 Berlin, "
            "31 h left on Wednesday 25 November, 09:40",
        ),
        (
            "en",
            -8 * HOUR,
            "8 h OVERDUE on Friday 27 November, 00:40: GDPR Art. 33, to the authority: "
            "Thursday 26 November 2026, 16:40 Berlin",
        ),
        (
            "en",
            -400 * 24 * HOUR,
            "400 days OVERDUE on Friday 31 December 2027, 16:40 Berlin: GDPR Art. 33, to the authority: "
            "Thursday 26 November 2026, 16:40 Berlin",
        ),
        (
            "de",
            31 * HOUR,
            "Art. 33 DSGVO, an die Aufsichtsbehörde: Donnerstag, 26. November 2026, 16:40 Uhr Berlin, "
            "noch 31 Std. (Stand: Mittwoch, 25. November, 09:40 Uhr)",
        ),
        (
            "de",
            -8 * HOUR,
            "8 Std. ÜBERFÄLLIG (Stand: Freitag, 27. November, 00:40 Uhr): Art. 33 DSGVO, an die Aufsichtsbehörde: "
            "Donnerstag, 26. November 2026, 16:40 Uhr Berlin",
        ),
    ],
)
def test_a_file_says_from_when_it_counts(spoken: str, left: int, text: str) -> None:
    """It is read later than it was made; that the time is over comes first, where no cut loses it."""
    deadline = Deadline("gdpr", "GDPR Art. 33", "authority", DUE)

    with speaking(spoken):
        assert deadline_line(deadline, BERLIN, DUE - left) == text


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
