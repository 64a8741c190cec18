"""One incident of the JSON report (blindcopy/report/1): its figures, messages, people, and what was decided."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from scanner.export.insight_json import follow_up_object, list_summary
from scanner.export.tables.rows import ladder_values, why_not_queued
from scanner.export.words.decision import with_time_left
from scanner.export.words.moment import Clock, iso_utc
from scanner.model import (
    BelowIncident,
    ExposedAddress,
    Incident,
    IncidentMessage,
    Ladder,
    ReportHead,
    Ruling,
    Standing,
    StoredMessage,
    ThroughList,
    Viewer,
    attachments,
)


def incident_object(incident: Incident, head: ReportHead | None = None) -> dict[str, Any]:
    """Return one incident as it stands in the report; without its head deadlines have no words."""
    return {
        "id": incident.key,
        "rank": incident.rank,
        "score": incident.score,
        "queued": incident.queued,
        "subject": incident.subject,
        "senders": incident.senders,
        "first_sent_at": iso_utc(incident.first_sent_at),
        "last_sent_at": iso_utc(incident.last_sent_at),
        "label": incident.label,
        **(
            standing_object(incident.standing, Clock(head.time_zone), head.decided_until)
            if head
            else standing_object(incident.standing)
        ),
        "status": incident.status,
        "reasons": [{"rule": part.rule, "points": part.points, "text": part.text} for part in incident.reasons],
        "ladder": ladder_object(incident.ladder),
        "related": incident.related,
        "bcc_siblings": incident.bcc_siblings,
        "messages": [copy for part in incident.messages for copy in _copies(part)],
        "exposed": [_exposed(entry) for entry in incident.exposed],
        "list": list_summary(incident.list_trace),
        "follow_up": follow_up_object(incident.follow_up),
        "through_lists": [_through_list(entry) for entry in incident.through_lists],
        "viewers": [_viewer(viewer) for viewer in incident.viewers],
        "receipts": receipt_objects(incident),
        # Beside the viewers, who are the addresses of the messages themselves: the rung `viewers` counts no others.
        "viewers_through_lists": [
            {
                "address": member.key,
                "inside": member.inside,
                "names": member.names,
                "through": entry.address,
                "as_of": entry.as_of,
            }
            for entry in incident.through_lists
            for member in entry.members
        ],
    }


def below_object(entry: BelowIncident, head: ReportHead) -> dict[str, Any]:
    """Return one incident that is not queued as it stands in the report."""
    return {
        "id": entry.key,
        "score": entry.score,
        "status": entry.status,
        "subject": entry.subject,
        "why_not": why_not_queued(entry, head),
        "first_sent_at": iso_utc(entry.first_sent_at),
        "last_sent_at": iso_utc(entry.last_sent_at),
        "label": entry.label,
        "ladder": ladder_object(entry.ladder),
    }


def ladder_object(ladder: Ladder) -> dict[str, Any]:
    """Return all rungs by name; what nothing proves is the text "unknown"."""
    return {name: "unknown" if value is None else value for name, value in ladder_values(ladder).items()}


def _copies(part: IncidentMessage) -> Iterator[dict[str, Any]]:
    message = part.message
    for copy in message.copies:
        yield {
            "identity": message.identity,
            "message_id": message.message_id,
            "account": copy.account,
            "mailbox": copy.mailbox,
            "mailbox_role": copy.role,
            "uidvalidity": copy.uidvalidity,
            "uid": copy.uid,
            "date_field": message.date_field,
            "sent_at": iso_utc(message.sent_at),
            "internal_date": iso_utc(copy.internal_at),
            "kind": part.kind,
            "header_sha256": copy.header_sha256,
            "attachments": _attachments(message),
            "deleted": copy.deleted,
            "expunged": copy.expunged,
        }


def _attachments(message: StoredMessage) -> list[dict[str, Any]] | None:
    """Return what is attached, by its place in the message; None when nobody told."""
    found = attachments(message.parts)
    if found is None:
        return None
    return [
        {
            "part": part.section,
            "name": part.file_name,
            "type": part.content_type,
            "disposition": part.disposition,
            "size": part.size,
        }
        for part in found
    ]


def _exposed(entry: ExposedAddress) -> dict[str, Any]:
    return {
        "address": entry.key,
        "person_id": entry.person_id,
        "display_names": entry.display_names,
        "tier": entry.tier,
        "tier_source": entry.tier_source,
        "unfit_names": entry.unfit_names,
        "messages": entry.messages,
        "clients": [asdict(client) for client in entry.clients],
        "class": entry.address_class,
        "rule": entry.rule,
    }


def _viewer(viewer: Viewer) -> dict[str, Any]:
    return {
        "address": viewer.key,
        "inside": viewer.inside,
        "sister": viewer.is_sister,
        "field": viewer.field,
        "received": viewer.received or "unknown",
        "class": viewer.address_class,
        "rule": viewer.rule,
    }


def _through_list(entry: ThroughList) -> dict[str, Any]:
    return {
        "address": entry.address,
        "as_of": entry.as_of,
        "members": [member.key for member in entry.members],
        "outsiders": entry.outsiders,
    }


def receipt_objects(incident: Incident) -> list[dict[str, Any]]:
    """
    Return every proof of who received the incident's messages, by (address, identity, kind, sha256).

    `named` tells whether the message names the address; one that it does not
    name stood in Bcc, behind a list, or was forwarded to.
    """
    named = {viewer.key for viewer in incident.viewers}
    proofs = [
        {
            "identity": part.message.identity,
            "address": one.key,
            "named": one.key in named,
            "kind": one.kind,
            "at": None if one.happened_at is None else iso_utc(one.happened_at),
            "status": one.status,
            "source": one.source,
            "place": one.place,
            "mailbox": one.mailbox,
            "uidvalidity": one.uidvalidity,
            "uid": one.uid,
            "sha256": one.sha256,
        }
        for part in incident.messages
        for one in part.message.receipts
    ]
    return sorted(proofs, key=lambda proof: (proof["address"], proof["identity"], proof["kind"], proof["sha256"]))


def standing_object(standing: Standing, clock: Clock | None = None, now: int = 0) -> dict[str, Any]:
    """
    Return what persons decided on an incident: its status, awareness, deadlines and every decision.

    Args:
        standing: Of the incident.

        clock: The organisation's, for deadlines in words; None leaves these out.

        now: From when on is counted what is left.
    """
    reopened = standing.reopened
    return {
        "status": standing.status,
        "reopened": {"by": reopened.by, "count": reopened.count, "at": iso_utc(reopened.at)} if reopened else None,
        "found_at": iso_utc(standing.found_at),
        "triaged_at": iso_utc(standing.triaged_at),
        "confirmed_at": iso_utc(standing.confirmed_at),
        "aware_at": iso_utc(standing.aware_at),
        "aware_source": standing.aware_source,
        "deadlines": [
            {"regime": one.regime, "name": one.name, "addressee": one.addressee, "due_at": iso_utc(one.due_at)}
            | ({"text": with_time_left(one.due_at, clock, now)} if clock else {})
            for one in standing.deadlines
        ],
        "deletions": [
            {
                "address": one.address,
                "requested_at": iso_utc(one.requested_at),
                "confirmed_at": iso_utc(one.confirmed_at),
            }
            for one in standing.deletions
        ],
        "decisions": [
            {
                "number": one.number,
                "verdict": one.verdict,
                "scope": one.scope,
                "decided_by": one.decided_by,
                "applied_by": one.applied_by,
                "decided_at": iso_utc(one.decided_at),
                "recorded_at": iso_utc(one.recorded_at),
                "expires_at": iso_utc(one.expires_at),
                "reason": one.reason,
                "erased": one.is_erased,
                "counts": one.counts,
                "signed_by": one.signature.who if one.signature else None,
            }
            for one in standing.history
        ],
        "rulings": [_ruling(one) for one in standing.rulings],
    }


def _ruling(ruling: Ruling) -> dict[str, Any]:
    severity = ruling.severity
    return {
        "number": ruling.number,
        "kind": ruling.kind,
        "answer": ruling.answer,
        "text": ruling.text,
        "decided_by": ruling.decided_by,
        "applied_by": ruling.applied_by,
        "decided_at": iso_utc(ruling.decided_at),
        "told_at": iso_utc(ruling.told_at),
        "reference": ruling.reference,
        "severity": {**asdict(severity), "score": severity.score, "level": severity.level} if severity else None,
        "counts": ruling.counts,
        "signed_by": ruling.signature.who if ruling.signature else None,
        "outgrown": ruling.is_outgrown,
    }
