"""What is still to be decided, and by when somebody has to be told, over all incidents."""

from collections.abc import Mapping
from dataclasses import dataclass

from scanner.config import Settings
from scanner.errors import StoreError
from scanner.export.words.decision import open_deadlines
from scanner.model import Deadline, IncidentKey
from scanner.pipeline.reporting.report import open_report


@dataclass(frozen=True, slots=True)
class RunningDeadline:
    """A deadline by which somebody still has to be told, or that to be decided."""

    incident: IncidentKey
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Duties:
    """How far the queue has been decided on."""

    by_status: Mapping[str, int]
    """Queued incidents by status; one that none has is left out."""

    deadlines: tuple[RunningDeadline, ...]
    """By moment; of incidents that are not queued, too."""


def duties(settings: Settings) -> Duties | None:
    """Return what is still to be done; None while there is no analysis under these settings."""
    try:
        with open_report(settings) as report:
            aware = [
                one for one in report.decision_log() if one.kind == "incident" and (one.payload or {}).get("aware_at")
            ]
            incidents = {found.key: found for key in {one.incident for one in aware} for found in report.find(key)}
            running = [
                RunningDeadline(incident.key, one)
                for incident in incidents.values()
                for one in open_deadlines(incident.standing)
            ]
            return Duties(
                report.totals.by_status, tuple(sorted(running, key=lambda one: (one.deadline.due_at, one.incident)))
            )
    # Whoever asks has opened the store: there is nothing to judge, or by other settings.
    except StoreError:
        return None
