"""A report of some of the incidents: what goes to an authority or to the people exposed is about those decided on."""

from dataclasses import dataclass

from scanner.errors import UnknownIncidentError, UsageError
from scanner.export import Audience
from scanner.model import IncidentKey, Report, RulingKind
from scanner.pipeline.reporting.report import find_incident
from scanner.pipeline.reporting.selected_report import SelectedReport
from scanner.pipeline.reporting.store_report import StoreReport

ALL = "all"
QUEUED = "queued"
CONFIRMED = "confirmed"

_BY_AUDIENCE: dict[Audience, str] = {
    "authority": CONFIRMED,
    "people": CONFIRMED,
    "management": QUEUED,
    "investigator": QUEUED,
}

_RULED_BY: dict[Audience, RulingKind] = {"authority": "authority", "people": "people"}
"""Which of the decisions on a confirmed incident says whether this audience is told of it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The incidents that are meant."""

    report: Report
    not_told: tuple[IncidentKey, ...] = ()
    """Confirmed incidents that were left out, by rank: decided to be no breach, or not to be told to this audience."""


def select_incidents(report: StoreReport, audience: Audience, what: str) -> Selection:
    """
    Return the report of the incidents that are meant.

    Args:
        report: Of all.

        audience: Says what is meant where nothing is named: the authority and
            the people hear of what was confirmed, unless it was decided not
            to tell them, or that it is no breach.

        what: `queued` (dismissed ones aside), `all` (dismissed ones as well), `confirmed`, or keys of incidents
            (or their beginnings) with commas between them; "" = as the audience says. Who is named is told,
            whatever was decided.

    Raises:
        UnknownIncidentError: A key names no incident, or several.

        UsageError: Nothing is confirmed yet, all is dismissed, or the audience is to be told of nothing.
    """
    if audience == "internal":
        # They see everything, dismissed incidents as well; `what` names a table.
        return Selection(report)
    wanted = what.strip() or _BY_AUDIENCE.get(audience, QUEUED)
    if wanted == ALL:
        return Selection(report)
    if wanted == QUEUED:
        return Selection(_selected(report, _not_dismissed(report, audience)))
    if wanted == CONFIRMED:
        keys = [one.key for one in report.outline() if one.status == "confirmed"]
        if not keys:
            raise UsageError(
                "no incident is confirmed, so there is nothing to tell this audience",
                where=f"--for {audience}",
                remedy="Decide first (`blindcopy decide KEY confirm`), or name incidents: --what KEY,KEY or queued",
            )
        return _told_of(report, audience, keys) if not what.strip() else Selection(_selected(report, keys))
    keys = []
    for name in filter(None, map(str.strip, wanted.split(","))):
        incident = find_incident(report, name)
        if not incident.rank:
            raise UnknownIncidentError(
                "this incident is not queued", where=name, remedy="`blindcopy queue` lists the keys of those that are"
            )
        keys.append(incident.key)
    return Selection(_selected(report, list(dict.fromkeys(keys))))


def _not_dismissed(report: StoreReport, audience: Audience) -> list[IncidentKey]:
    """Return the incidents that no person has dismissed, by rank: what was dismissed is told to nobody outside."""
    keys = [one.key for one in report.outline() if one.status != "dismissed"]
    # Those who lead are told that all was dismissed; a file of nothing tells nobody else anything.
    if not keys and report.totals.incidents and audience != "management":
        raise UsageError(
            "every incident of the queue is dismissed, so there is nothing to tell this audience",
            where=f"--for {audience}",
            remedy="Name all of them (--what all), or some (--what KEY,KEY)",
        )
    return keys


def _told_of(report: StoreReport, audience: Audience, keys: list[IncidentKey]) -> Selection:
    """Return confirmed incidents without those of which it was decided that the audience is not told."""
    kind = _RULED_BY[audience]
    # Of what is no breach nobody is told, unless it was decided to tell them all the same.
    refused = report.ruled(kind, "no") | (report.ruled("breach", "no") - report.ruled(kind, "yes"))
    told = [key for key in keys if key not in refused]
    if not told:
        raise UsageError(
            "it was decided to tell this audience of no confirmed incident, or that none is a breach",
            where=f"--for {audience}",
            remedy=f"Decide anew (`blindcopy decide KEY {kind} yes`), or name incidents: --what KEY,KEY or confirmed",
        )
    return Selection(_selected(report, told), tuple(key for key in keys if key in refused))


def _selected(report: StoreReport, keys: list[IncidentKey]) -> Report:
    """Return the report itself when all incidents are meant: a gap anywhere is then involved."""
    return report if len(keys) == report.totals.incidents else SelectedReport(report, frozenset(keys))
