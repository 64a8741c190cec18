"""Decisions, reopenings and deadlines in words; the words stand in reports/wording.toml."""

from collections.abc import Iterator

from scanner.export.moment import Clock
from scanner.export.text import visible
from scanner.export.wording import long_day, wording
from scanner.model import Deadline, Decision, Reopened, Standing

_HOUR = 3600
_DAY = 24 * _HOUR


def decision_text(decision: Decision, clock: Clock) -> str:
    """Return one decision in a sentence: what, by whom, when, why."""
    words = wording()["decisions"]
    text: str = words["line"].format(
        verdict=words["verdicts"][decision.verdict],
        scope=words["scopes"][decision.scope],
        who=visible(decision.decided_by),
        day=long_day(clock, decision.decided_at),
        reason=visible(decision.reason) or words["erased"],
    )
    # The last day is the one before the moment at which it ends.
    if decision.expires_at is not None:
        text += words["until"].format(day=long_day(clock, decision.expires_at - 1))
    return text


def reopened_text(reopened: Reopened, clock: Clock) -> str:
    """Return why a decision does not stand any more, a clause."""
    words = wording()["reopened"]
    stem: str = reopened.by
    if stem in ("messages", "people", "senders"):
        stem = f"{stem}_{'one' if reopened.count == 1 else 'many'}"
    day = long_day(clock, reopened.at - (reopened.by == "expired")) if reopened.at is not None else ""
    text: str = words[stem].format(count=f"{reopened.count:,}", who=visible(reopened.who), day=day)
    return text


def standing_texts(standing: Standing, clock: Clock, now: int) -> Iterator[str]:
    """Yield what is to be told of an incident: the newest decision, why it was reopened, and the deadlines."""
    if standing.decision is not None:
        yield decision_text(standing.decision, clock)
    if standing.reopened is not None:
        yield wording()["reopened"]["lead"].format(why=reopened_text(standing.reopened, clock))
    if standing.aware_at is not None:
        words = wording()["deadlines"]
        yield words["aware"].format(when=day_and_time(clock, standing.aware_at), source=visible(standing.aware_source))
        for deadline in standing.deadlines:
            yield deadline_line(deadline, clock, now)


def deadline_line(deadline: Deadline, clock: Clock, now: int) -> str:
    """Return a deadline with its rule and whom it is about."""
    words = wording()["deadlines"]
    text: str = words["line"].format(
        rule=deadline.name, whom=words[deadline.addressee], when=deadline_text(deadline.due_at, clock, now)
    )
    return text


def deadline_text(due_at: int, clock: Clock, now: int) -> str:
    """
    Return a deadline as weekday and time in the organisation's zone, and what is left of it.

    The date is named where the weekday alone would not tell: a week away or
    more, or past. Rounded so that there is never less time than is said.
    """
    words = wording()["deadlines"]
    left = due_at - now
    form = "soon" if 0 <= left < 6 * _DAY else "dated"
    at = clock.local(due_at)
    when = words[form].format(**_parts(clock, due_at)) if at else f"{due_at} s"
    text: str = words["with_left"].format(when=when, left=_left(left))
    return text


def day_and_time(clock: Clock, moment: int) -> str:
    """Return a moment as weekday, date and time with the zone's city."""
    if clock.local(moment) is None:
        return f"{moment} s"
    text: str = wording()["deadlines"]["dated"].format(**_parts(clock, moment))
    return text


def _parts(clock: Clock, moment: int) -> dict[str, object]:
    words = wording()
    at = clock.local(moment)
    if at is None:
        raise ValueError("the moment has no date")
    return {
        "weekday": words["weekdays"][at.weekday()],
        "day": at.day,
        "month": words["months"][at.month - 1],
        "year": at.year,
        "time": f"{at:%H:%M}",
        # Europe/Berlin and America/New_York are known by their cities.
        "city": clock.zone.rpartition("/")[2].replace("_", " "),
    }


def _left(seconds: int) -> str:
    words = wording()["deadlines"]
    key = "left" if seconds >= 0 else "over"
    amount = abs(seconds)
    if amount >= 6 * _DAY:
        number, unit = amount // _DAY, "days"
    elif amount >= _HOUR:
        number, unit = amount // _HOUR, "hours"
    else:
        number, unit = amount // 60, "minutes"
    text: str = words[key].format(amount=words[unit].format(number=f"{number:,}"))
    return text
