"""Decisions, reopenings and deadlines in words; the words stand in reports/wording.toml."""

from collections.abc import Callable, Iterator
from typing import Any

from scanner.export.words.moment import Clock
from scanner.export.words.text import visible
from scanner.export.words.wording import decimal, figure, long_day, rule_name, wording
from scanner.model import Deadline, Decision, Incident, Reopened, Ruling, Severity, Standing

_HOUR = 3600
_DAY = 24 * _HOUR
_MANY_PEOPLE = 100
"""Above so many the worksheet (ENISA 2013) wants it flagged."""


def decision_text(decision: Decision, clock: Clock) -> str:
    """Return one decision in a sentence: what, by whom, when, why."""
    words = wording()["decisions"]
    text: str = words["line"].format(
        verdict=words["verdicts"][decision.verdict],
        scope=words["scopes"][decision.scope],
        who=visible(decision.decided_by),
        day=long_day(clock, decision.decided_at),
        reason=in_one_line(decision.reason) or words["erased"],
    )
    # The last day is the one before the moment at which it ends.
    if decision.expires_at is not None:
        text += words["until"].format(day=long_day(clock, decision.expires_at - 1))
    if decision.signature is not None:
        text += words["signed"].format(who=visible(decision.signature.who), day=long_day(clock, decision.signature.at))
    return text


def in_one_line(text: str) -> str:
    """Return what a person wrote, however many lines it had, so that nothing in it acts."""
    return visible(" ".join(text.split()))


def reopened_text(reopened: Reopened, clock: Clock) -> str:
    """Return why a decision does not stand any more, a clause."""
    words = wording()["reopened"]
    stem: str = reopened.by
    if stem in ("messages", "people", "senders"):
        stem = f"{stem}_{'one' if reopened.count == 1 else 'many'}"
    day = long_day(clock, reopened.at - (reopened.by == "expired")) if reopened.at is not None else ""
    text: str = words[stem].format(count=figure(reopened.count), who=visible(reopened.who), day=day)
    return text


def standing_texts(standing: Standing, clock: Clock, now: int, people: int, *, is_live: bool = False) -> Iterator[str]:
    """
    Yield what is to be told of an incident: what was decided, why it was reopened, deadlines, and what is missing.

    Args:
        standing: Of the incident.

        clock: The organisation's.

        now: From when on is counted what is left.

        people: Exposed people, for the worksheet.

        is_live: `now` is the reader's own clock, and goes without saying; a file says it.
    """
    words = wording()["decisions"]
    if standing.decision is not None:
        yield decision_text(standing.decision, clock)
    if standing.reopened is not None:
        yield wording()["reopened"]["lead"].format(why=reopened_text(standing.reopened, clock))
    if standing.pending is not None:
        yield words["waiting"].format(what=decision_text(standing.pending, clock))
    yield from _deadlines(standing, clock, now, is_live=is_live)
    if standing.status == "dismissed":
        return
    asked, confirmed = (sum(one is not None for one in moments) for moments in _deletions(standing))
    if asked or confirmed:
        yield words["deletion"].format(asked=figure(asked), confirmed=figure(confirmed))
    for ruling in standing.rulings:
        yield ruling_text(ruling, clock, people)
    for kind in ("breach", "authority", "people") if standing.status == "confirmed" else ():
        if all(one.kind != kind for one in standing.rulings):
            yield words["missing"][kind]


def _deletions(standing: Standing) -> tuple[list[int | None], list[int | None]]:
    return [one.requested_at for one in standing.deletions], [one.confirmed_at for one in standing.deletions]


def standing_row(incident: Incident, clock: Clock, now: int) -> dict[str, Any]:
    """Return what a row of the sheet Incidents tells of decisions; the columns that a person fills in are not named."""
    standing = incident.standing
    return {
        "standing": tuple(standing_texts(standing, clock, now, incident.ladder.exposed_people)),
        "deadline": next((one.due_at for one in open_deadlines(standing)), None),
        "found_at": standing.found_at,
        "triaged_at": standing.triaged_at,
        "confirmed_at": standing.confirmed_at,
        "state": standing.state,
    }


def ruling_text(ruling: Ruling, clock: Clock, people: int) -> str:
    """Return one ruling, note or worksheet in a sentence."""
    words = wording()["decisions"]
    stem = f"{ruling.kind}_{ruling.answer}" if ruling.answer else ruling.kind
    text: str = words["ruling" if ruling.answer else "noted"].format(
        what=words["rulings"][stem],
        who=visible(ruling.decided_by),
        day=long_day(clock, ruling.decided_at),
        reason=in_one_line(ruling.text),
    )
    if ruling.severity is not None:
        text = f"{worksheet(ruling.severity, people)} {text}"
    if ruling.told_at is not None:
        text += words["told"].format(when=day_and_time(clock, ruling.told_at))
    if ruling.reference:
        text += words["reference"].format(reference=visible(ruling.reference))
    if ruling.signature is not None:
        text += words["signed"].format(who=visible(ruling.signature.who), day=long_day(clock, ruling.signature.at))
    if ruling.is_outgrown:
        text += words["outgrown"]
    return text if ruling.counts else str(words["waiting"].format(what=text))


def worksheet(severity: Severity, people: int = 0) -> str:
    """Return the worksheet as a person filled it in, with its result; more than 100 people are pointed out."""
    words = wording()["decisions"]
    text: str = words["worksheet"].format(
        dpc=severity.dpc,
        ei=decimal(severity.ei),
        cb=decimal(severity.cb),
        score=decimal(severity.score),
        level=words["levels"][severity.level],
    )
    return text + (words["many"] if people > _MANY_PEOPLE else "")


def _deadlines(standing: Standing, clock: Clock, now: int, *, is_live: bool) -> Iterator[str]:
    if standing.aware_at is None:
        return
    words = wording()["deadlines"]
    yield words["aware"].format(when=day_and_time(clock, standing.aware_at), source=source_text(standing.aware_source))
    for deadline in standing.deadlines:
        if _is_open(deadline, standing):
            yield deadline_line(deadline, clock, now, is_live=is_live)
            continue
        ruling = standing.ruling(deadline.addressee)
        if ruling is None:
            when = words["no_breach"]
        elif ruling.told_at is None:
            when = words["not_told"]
        else:
            # Awareness that came after it was told must be wrong, and with it the deadline.
            early = ruling.told_at < standing.aware_at
            form = "early" if early else "in_time" if ruling.told_at <= deadline.due_at else "late"
            when = words[form].format(when=day_and_time(clock, ruling.told_at))
        yield words["line"].format(rule=rule_name(deadline.name), whom=words[deadline.addressee], when=when)


def open_deadlines(standing: Standing) -> Iterator[Deadline]:
    """Yield the deadlines by which somebody still has to be told, or that to be decided, by moment."""
    for deadline in standing.deadlines:
        if _is_open(deadline, standing):
            yield deadline


def _is_open(deadline: Deadline, standing: Standing) -> bool:
    """Tell whether a deadline runs: what was decided to be no breach has none, unless somebody is told all the same."""
    ruling = standing.ruling(deadline.addressee)
    if ruling is None:
        breach = standing.ruling("breach")
        return breach is None or breach.answer != "no"
    return ruling.answer == "yes" and ruling.told_at is None


def deadline_line(deadline: Deadline, clock: Clock, now: int, *, is_live: bool = False) -> str:
    """Return a deadline with its rule and whom it is about."""
    words = wording()["deadlines"]

    def said(when: str) -> str:
        text: str = words["line"].format(rule=rule_name(deadline.name), whom=words[deadline.addressee], when=when)
        return text

    return with_time_left(deadline.due_at, clock, now, said, is_live=is_live)


def source_text(source: str) -> str:
    """Return where a moment of awareness comes from; what nobody stated is a word of ours."""
    known: dict[str, str] = wording()["deadlines"]["sources"]
    return known.get(source) or in_one_line(source)


def with_time_left(
    due_at: int, clock: Clock, now: int, said: Callable[[str], str] = str, *, is_live: bool = False
) -> str:
    """
    Return a sentence about a deadline with what is left of it.

    A file is read later than it was made: it names the date, and the moment
    from which is counted what is left. That a deadline is overdue comes first,
    where no cut loses it. Rounded so that there is never less time than is
    said.

    Args:
        due_at: The deadline.

        clock: The organisation's.

        now: From when on is counted what is left.

        said: Makes the sentence of the deadline in words.

        is_live: `now` is the reader's own clock: the weekday tells the day
            within a week, and the moment goes without saying.
    """
    words = wording()["deadlines"]
    left = due_at - now
    at = clock.local(due_at)
    form = "soon" if is_live and 0 <= left < 6 * _DAY else "dated"
    when = words[form].format(**_parts(clock, due_at)) if at else f"{due_at} s"
    amount = _left(left)
    if not is_live:
        amount = words["counted"].format(left=amount, moment=_counted_from(clock, now, due_at))
    if left < 0:
        text: str = words["over_first"].format(over=amount, what=said(when))
        return text
    return said(words["with_left"].format(when=when, left=amount))


def _counted_from(clock: Clock, now: int, due_at: int) -> str:
    """Return the moment from which is counted, without the year where that is the deadline's."""
    at, due = clock.local(now), clock.local(due_at)
    if at is None or due is None or at.year != due.year:
        return day_and_time(clock, now)
    text: str = wording()["deadlines"]["same_year"].format(**_parts(clock, now))
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
    text: str = words[key].format(amount=words[unit].format(number=figure(number)))
    return text
