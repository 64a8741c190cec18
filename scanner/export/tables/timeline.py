"""When it happened: incidents and people by month or year, and the bars of a chart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scanner.export.words.moment import Clock
from scanner.export.words.wording import figure, wording

_MONTHS = 48
"""Bars that are still told apart; a longer time is shown by year."""

_WIDTH, _HEIGHT, _LEFT, _BASE = 960, 220, 48, 24


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a year."""

    title: str
    incidents: int
    people: int
    """Exposed people of each incident, added up: who was exposed by two of them counts twice."""

    is_dated: bool = True
    """Not of incidents for which nobody knows when they began."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in the units of the chart."""

    x: float
    y: float
    width: float
    height: float
    title: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line across, and the figure that it stands for."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    width: int
    height: int
    left: int
    unit: str
    description: str
    lines: tuple[Line, ...]
    bars: tuple[Bar, ...]


def make_spans(incidents: Iterable[tuple[int, int]], clock: Clock) -> tuple[bool, list[Span]]:
    """
    Count by month, or by year where there would be more than 48 months; spans without incidents stand between others.

    Args:
        incidents: (when the first message was sent, exposed people).

        clock: Whose months and years.

    Returns:
        Whether the spans are months; the spans in the order of time, mail without a date last.
    """
    counted: dict[tuple[int, int], tuple[int, int]] = {}
    undated = (0, 0)
    for moment, people in incidents:
        at = clock.local(moment)
        if at is None:
            undated = (undated[0] + 1, undated[1] + people)
        else:
            before = counted.get((at.year, at.month - 1), (0, 0))
            counted[at.year, at.month - 1] = (before[0] + 1, before[1] + people)
    by_month, spans = _dated_spans(counted)
    return by_month, [*spans, Span(wording()["no_date"], *undated, is_dated=False)] if undated[0] else spans


def _dated_spans(counted: Mapping[tuple[int, int], tuple[int, int]]) -> tuple[bool, list[Span]]:
    if not counted:
        return True, []
    first, last = (year * 12 + month for year, month in (min(counted), max(counted)))
    if last - first < _MONTHS:
        names = wording()["months"]
        places = [divmod(number, 12) for number in range(first, last + 1)]
        return True, [Span(f"{names[month]} {year}", *counted.get((year, month), (0, 0))) for year, month in places]
    years = []
    for year in range(first // 12, last // 12 + 1):
        found = [figures for (one, _), figures in counted.items() if one == year]
        years.append(Span(str(year), sum(one for one, _ in found), sum(people for _, people in found)))
    return False, years


def draw(spans: Sequence[Span], *, by_month: bool) -> Chart:
    """Return the chart of people by span; there is at least one."""
    words = wording()["page"]
    most = max(spans, key=lambda span: span.people)
    top = _round_up(most.people)
    room = _HEIGHT - _BASE - 10
    step = (_WIDTH - _LEFT) / len(spans)
    # A label for about every tenth bar: they must not run into each other.
    every = max(1, -(-len(spans) // 8))
    bars = tuple(
        Bar(
            x=round(_LEFT + place * step + 1, 1),
            y=round(_HEIGHT - _BASE - room * span.people / top, 1),
            width=round(max(1.0, min(step - 2, 60)), 1),
            height=round(room * span.people / top, 1),
            title=f"{span.title}: {figure(span.people)} · {words['incidents']}: {figure(span.incidents)}",
            label=span.title if place % every == 0 else "",
        )
        for place, span in enumerate(spans)
    )
    lines = tuple(Line(round(_HEIGHT - _BASE - room * share, 1), figure(round(top * share))) for share in (0, 0.5, 1))
    unit = words["months" if by_month else "years"]
    dated = [span for span in spans if span.is_dated] or spans
    text = words["timeline_text"].format(
        unit=unit,
        first=dated[0].title,
        last=dated[-1].title,
        worst=most.title,
        people=figure(most.people),
        incidents=figure(most.incidents),
    )
    return Chart(_WIDTH, _HEIGHT, _LEFT, unit.capitalize(), text, lines, bars)


def _round_up(number: int) -> int:
    """Return the next of 2, 4, 6, 8, 10, 20, 40, 60 … so that half of it is a whole number."""
    size = 1
    while True:
        for factor in (2, 4, 6, 8):
            if size * factor >= number:
                return size * factor
        size *= 10
