"""What has changed since a report that was handed out before."""

from typing import Any

from scanner.errors import UsageError
from scanner.export import Audience
from scanner.model import Export, IncidentKey, Report, Since
from scanner.review.tracking import PERSON
from scanner.store.people import KIND as PEOPLE

LAST = "last"


def changes_since(report: Report, name: str, audience: Audience) -> Since:
    """
    Compare the incidents and people of a report with those of an earlier export.

    Args:
        report: Of the incidents that are handed out now.

        name: Number of the export; `last` = the newest for the same audience.

        audience: For whom the report is.

    Raises:
        UsageError: There is no such export, it was erased, or it was for another audience.
    """
    export = _find(report, name, audience)
    payload = export.payload
    if payload is None:
        raise UsageError("this export was erased from the log", where=f"--since {name}", remedy="Name another one")
    if payload["audience"] != audience:
        # Each audience is told of other incidents: the difference would be taken for something that has happened.
        raise UsageError(
            f"export {export.number} was for another audience ({payload['audience']})",
            where=f"--for {audience} --since {name}",
            remedy="Name an export for the same audience, as the sheet Evidence lists them, or last",
        )
    then: dict[str, list[Any]] = {row[0]: row for row in payload["incidents"]}
    now = {one.key: one for one in report.outline()}
    both = [one for key, one in now.items() if key in then]
    decided = tuple(one.key for one in both if one.status != then[one.key][3])
    # A log only grows: what stands behind the rows of then was stated since.
    stated = [one for one in report.decision_log() if one.number > payload["decision_log"]["count"]]
    spoken_of = {one.incident for one in stated} - {*decided}
    return Since(
        number=export.number,
        exported_at=export.exported_at,
        is_same_policy=payload["policy_sha256"] == report.head.policy_sha256,
        new=tuple(key for key in now if key not in then),
        grown=tuple(one.key for one in both if [one.messages, one.addresses, one.people] != then[one.key][4:7]),
        gone=tuple(IncidentKey(key) for key in then if key not in now),
        decided=decided,
        people_then=payload["ladder"]["exposed_people"],
        people_now=report.totals.ladder.exposed_people,
        noted=tuple(one.key for one in both if one.key in spoken_of),
        people_noted=sum(one.kind in (PERSON, PEOPLE) and one.payload is not None for one in stated),
    )


def _find(report: Report, name: str, audience: Audience) -> Export:
    # What `preserve` keeps is noted in the same log, and is no report.
    log = [one for one in report.exports() if one.payload is None or "incidents" in one.payload]
    if name == LAST:
        log = [one for one in log if one.payload is not None and one.payload["audience"] == audience]
        if not log:
            raise UsageError(
                "nothing was handed out to this audience before",
                where=f"--for {audience} --since last",
                remedy="Leave --since out, or name the number of an export",
            )
        return log[-1]
    for one in log:
        if str(one.number) == name.strip():
            return one
    raise UsageError(
        "there is no such export",
        where=f"--since {name}",
        remedy="Name the number of one, as the sheet Evidence lists them, or last",
    )
