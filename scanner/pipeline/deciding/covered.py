"""What a decision about a sender or a list moves beside the incident that it was taken on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from scanner.config import Settings
from scanner.model import IncidentKey, Outline, Statement, Status
from scanner.pipeline.reporting.report import find_incident, open_report
from scanner.pipeline.reporting.store_report import StoreReport

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Covered:
    """A queued incident whose status changes with that of another."""

    key: IncidentKey
    status: Status
    """What it becomes."""

    people: int
    subject: str
    """Only of the largest, which are named; "" of the others."""


def covered(
    before: Iterable[Outline], report: StoreReport, but: Collection[IncidentKey] = frozenset()
) -> tuple[Covered, ...]:
    """
    Return the incidents that stand otherwise than before, the largest first, those with the most people by rank.

    Args:
        before: How they stood.

        report: How they stand.

        but: Incidents that were decided on themselves.
    """
    stood = {one.key: one.status for one in before}
    moved = [one for one in report.outline() if one.key not in but and stood.get(one.key, one.status) != one.status]
    moved.sort(key=lambda one: (-one.people, one.rank))
    return tuple(
        Covered(one.key, one.status, one.people, find_incident(report, one.key).subject if place < _NAMED else "")
        for place, one in enumerate(moved)
    )


def would_cover(settings: Settings, planned: Sequence[Statement]) -> tuple[Covered, ...]:
    """
    Return what statements would move that are not written yet; () when all are about their own incident.

    Raises:
        StoreError: As `open_report`.
    """
    if all(one.scope == "incident" for one in planned):
        return ()
    with open_report(settings) as report:
        before, last = list(report.outline()), report.head.decisions
    numbered = [replace(one, number=last + place) for place, one in enumerate(planned, 1)]
    with open_report(settings, planned=numbered) as report:
        decided_on = {find_incident(report, one.incident).key for one in planned if one.kind == "incident"}
        return covered(before, report, decided_on)
