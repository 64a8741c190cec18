"""When somebody became aware of a breach, and by when whom that obliges to tell."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from importlib.resources import files

from scanner.errors import UsageError
from scanner.model import Addressee, Deadline
from scanner.review.reason import said


@dataclass(frozen=True, slots=True)
class Regime:
    """A rule that gives a time from awareness; either hours or calendar days."""

    id: str
    name: str
    addressee: Addressee
    hours: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Awareness:
    """The moment from which deadlines run, and where it comes from."""

    at: int
    source: str


@cache
def known_regimes() -> Mapping[str, Regime]:
    """Return the regimes of regimes.toml by id."""
    content = tomllib.loads((files("scanner.review") / "regimes.toml").read_text(encoding="utf-8"))
    return {name: Regime(id=name, **entry) for name, entry in content.items()}


def state_awareness(*, aware_at: int | None, source: str, reported_at: int | None, confirmed_at: int) -> Awareness:
    """
    Return from when deadlines run: as a person states it, else the earlier of reported and confirmed.

    Raises:
        UsageError: It lies after the confirmation, or is stated without its source.
    """
    for moment, option in ((aware_at, "--aware-at"), (reported_at, "--reported-at")):
        if moment is not None and moment > confirmed_at:
            raise UsageError(
                "nobody can have known then: the moment is later than the decision",
                where=option,
                remedy="Give the moment at which somebody in the organisation knew",
            )
    if aware_at is not None:
        if not said(source):
            raise UsageError(
                "the source is missing: who knew, and how", where="--aware-at", remedy="Add --aware-source"
            )
        return Awareness(aware_at, said(source))
    if reported_at is not None:
        return Awareness(reported_at, source.strip() or "reported")
    return Awareness(confirmed_at, source.strip() or "confirmed")


def deadlines(aware_at: int, regimes: Iterable[Regime], zone: tzinfo) -> tuple[Deadline, ...]:
    """
    Return by when each regime wants somebody told, by moment.

    Hours are counted as they pass, also where clocks are changed between;
    days are calendar days in `zone`, at the same time of day.
    """
    found = [Deadline(one.id, one.name, one.addressee, _due(aware_at, one, zone)) for one in regimes]
    return tuple(sorted(found, key=lambda one: (one.due_at, one.regime)))


def _due(aware_at: int, regime: Regime, zone: tzinfo) -> int:
    if not regime.days:
        return aware_at + 3600 * regime.hours
    local = datetime.fromtimestamp(aware_at, UTC).astimezone(zone)
    # Python moves the wall clock, not the elapsed time, when both ends are in one zone.
    return int((local + timedelta(days=regime.days)).timestamp())
