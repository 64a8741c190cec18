"""Awareness and the deadlines that run from it (CONTRACTS: Awareness and deadlines)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from scanner.errors import UsageError
from scanner.review import Regime, deadlines, known_regimes, state_awareness

BERLIN = ZoneInfo("Europe/Berlin")
CONFIRMED = 1_790_000_000


def moment(text: str) -> int:
    """Return a moment written with its offset."""
    return int(datetime.fromisoformat(text).timestamp())


def test_awareness_is_what_a_person_states_with_its_source() -> None:
    """It goes before report and confirmation."""
    stated = state_awareness(
        aware_at=CONFIRMED - 50, source=" a recipient called ", reported_at=CONFIRMED - 90, confirmed_at=CONFIRMED
    )

    assert (stated.at, stated.source) == (CONFIRMED - 50, "a recipient called")


@pytest.mark.parametrize(
    ("reported_at", "expected"), [(CONFIRMED - 90, (CONFIRMED - 90, "reported")), (None, (CONFIRMED, "confirmed"))]
)
def test_without_one_the_earlier_of_reported_and_confirmed_counts(
    reported_at: int | None, expected: tuple[int, str]
) -> None:
    """A report is never later than the confirmation."""
    stated = state_awareness(aware_at=None, source="", reported_at=reported_at, confirmed_at=CONFIRMED)

    assert (stated.at, stated.source) == expected


@pytest.mark.parametrize(
    ("aware_at", "reported_at", "where"),
    [(CONFIRMED + 1, None, "--aware-at"), (None, CONFIRMED + 1, "--reported-at")],
)
def test_awareness_is_never_in_the_future(aware_at: int | None, reported_at: int | None, where: str) -> None:
    """Neither is a report."""
    with pytest.raises(UsageError) as caught:
        state_awareness(aware_at=aware_at, source="me", reported_at=reported_at, confirmed_at=CONFIRMED)

    assert caught.value.where == where


def test_awareness_needs_its_source() -> None:
    """A moment that nobody can account for helps nobody."""
    with pytest.raises(UsageError) as caught:
        state_awareness(aware_at=CONFIRMED, source=" ", reported_at=None, confirmed_at=CONFIRMED)

    assert "--aware-source" in str(caught.value)


def test_gdpr_gives_72_hours_and_hipaa_60_days() -> None:
    """In the order in which they end."""
    aware = moment("2026-11-23T09:40:00+01:00")
    regimes = [known_regimes()["hipaa"], known_regimes()["gdpr"]]

    found = deadlines(aware, regimes, BERLIN)

    assert [(one.regime, one.addressee) for one in found] == [("gdpr", "authority"), ("hipaa", "people")]
    assert [datetime.fromtimestamp(one.due_at, UTC).astimezone(BERLIN).isoformat() for one in found] == [
        "2026-11-26T09:40:00+01:00",
        "2027-01-22T09:40:00+01:00",
    ]


def test_hours_pass_where_clocks_are_changed_and_days_keep_the_time_of_day() -> None:
    """The night of 28 to 29 March 2026 is an hour short in Berlin."""
    aware = moment("2026-03-28T12:00:00+01:00")

    (hours,) = deadlines(aware, [Regime("a", "A", "authority", hours=72)], BERLIN)
    (days,) = deadlines(aware, [Regime("b", "B", "authority", days=3)], BERLIN)

    assert hours.due_at == moment("2026-03-31T13:00:00+02:00")
    assert days.due_at == moment("2026-03-31T12:00:00+02:00")


def test_every_regime_gives_one_time() -> None:
    """Hours or days, to the authority or to the people."""
    for regime in known_regimes().values():
        assert bool(regime.hours) != bool(regime.days)
        assert regime.addressee in ("authority", "people")
