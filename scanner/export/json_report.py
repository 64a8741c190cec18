"""
The report as JSON, contract blindcopy/report/1.

One incident, person or row per line, keys sorted, times in UTC (ISO 8601
with Z): the same report gives the same bytes, and two reports can be
compared line by line.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from scanner.export.incident_json import below_object, incident_object, ladder_object
from scanner.export.insight_json import (
    list_objects,
    near_miss_object,
    sender_object,
    witness_object,
)
from scanner.export.request import Request
from scanner.export.tables.insight_rows import Lists
from scanner.export.words.moment import iso_sent, iso_utc
from scanner.language import ENGLISH, speaking
from scanner.model import (
    AlsoLook,
    CoverageRow,
    Gap,
    Incident,
    OwnMailElsewhere,
    PeopleStatement,
    PeopleSuggestion,
    Person,
    Progress,
    Report,
    ReportHead,
    Seen,
    Totals,
)

SCHEMA = "blindcopy/report/1"


def write(report: Report, file: BinaryIO, progress: Progress | None = None, request: Request | None = None) -> None:
    """
    Write the JSON report into an open file, one incident in memory at a time.

    Args:
        report: Its incidents are read once.

        file: Takes the bytes, UTF-8, ending with a line end.

        progress: Expects exposure events and people.

        request: Of no use here: programs read one language.
    """
    figures = report.totals.ladder
    if progress is not None:
        progress.expect(figures.exposure_events + figures.exposed_people)
    # Deadlines have words; whatever the settings speak, they are the same bytes.
    with speaking(ENGLISH):
        _write_members(report, file, progress)


def _write_members(report: Report, file: BinaryIO, progress: Progress | None) -> None:
    for name, value in sorted(_members(report, progress).items()):
        file.write(b"{\n" if name == "also_look" else b",\n")
        file.write(_encode(name) + b": ")
        if isinstance(value, Iterator):
            _write_items(value, file)
        else:
            file.write(_encode(value))
    file.write(b"\n}\n")


def _members(report: Report, progress: Progress | None) -> dict[str, Any]:
    head, lists = report.head, Lists()
    return {
        "schema": SCHEMA,
        "generated_at": iso_utc(head.generated_at),
        "as_of": iso_utc(head.as_of),
        "tool_version": head.tool_version,
        "parser_version": head.parser_version,
        "policy_sha256": head.policy_sha256,
        "organisation": head.organisation,
        "time_zone": head.time_zone,
        "mandate": dict(head.mandate),
        "provisional": head.provisional,
        "behind": head.behind,
        "seen": seen_object(head.seen),
        "queue_floor": head.queue_floor,
        "queue_score": head.queue_score,
        "decision_log": {"count": head.decisions, "sha256": head.chain_head},
        "totals": totals_object(report.totals),
        "incidents": _incidents(lists.gathered(report.incidents()), head, progress),
        "people": _people(report.people(), progress),
        "people_statements": map(statement_object, report.people_statements()),
        "people_suggestions": map(suggestion_object, report.people_suggestions()),
        "coverage": map(_coverage, report.coverage()),
        "own_mail_elsewhere": asdict(OwnMailElsewhere.of(report.coverage())),
        "gaps": map(_gap, report.gaps()),
        "delivery": _delivery(report),
        # Sorted by name, they are written after the incidents, which name them.
        "lists": list_objects(lists),
        "near_misses": map(near_miss_object, report.near_misses()),
        "senders_not_scanned": map(sender_object, report.senders_not_scanned()),
        "witness": witness_object(report.missing_mail(), report.account_months()),
        "also_look": map(_also_look, report.also_look()),
        "below_floor": (below_object(entry, head) for entry in report.below()),
    }


def _delivery(report: Report) -> dict[str, Any]:
    """Return how far anybody has looked who received what, and what is missing in the store."""
    return {
        "inboxes": [{**asdict(one), "ended_at": iso_utc(one.ended_at)} for one in report.inbox_readings()],
        "traces": [
            {
                **asdict(one),
                "imported_at": iso_utc(one.imported_at),
                "first_at": iso_utc(one.first_at),
                "last_at": iso_utc(one.last_at),
            }
            for one in report.trace_imports()
        ],
        "unexplained_sends": [{**asdict(one), "sent_at": iso_utc(one.sent_at)} for one in report.unexplained_sends()],
    }


def _incidents(incidents: Iterable[Incident], head: ReportHead, progress: Progress | None) -> Iterator[dict[str, Any]]:
    for incident in incidents:
        yield incident_object(incident, head)
        if progress is not None:
            progress.advance(incident.ladder.exposure_events)


def _people(people: Iterable[Person], progress: Progress | None) -> Iterator[dict[str, Any]]:
    for person in people:
        yield person_object(person)
        if progress is not None:
            progress.advance(1)


def seen_object(seen: Seen | None) -> dict[str, Any] | None:
    """Return how much a scan that has not finished had seen; None when there is none."""
    if seen is None:
        return None
    return {"messages": seen.messages, "expected": seen.expected, "accounts_unknown": seen.accounts_unknown}


def totals_object(totals: Totals) -> dict[str, Any]:
    """Return the headline figures as they stand in the report."""
    rungs = ladder_object(totals.ladder)
    return {
        # The contract puts the rungs beside by_status; incidents hold them under "ladder", and so can be read alike.
        **rungs,
        "ladder": rungs,
        "incidents": totals.incidents,
        "by_status": dict(totals.by_status),
        "left_out": dict(totals.left_out),
        "below_floor": {"messages": totals.below_floor_messages, "addresses": totals.below_floor_addresses},
        "newest_sent_at": iso_sent(totals.newest_sent_at),
        "coverage": {
            "stored": totals.coverage_stored,
            "enumerated": totals.coverage_enumerated,
            "accounts_unreached": totals.accounts_unreached,
            "oldest_mail": iso_sent(totals.oldest_mail),
            "newest_mail": iso_sent(totals.newest_mail),
        },
    }


def person_object(person: Person) -> dict[str, Any]:
    """Return one exposed person as it stands in the report."""
    return {
        "person_id": person.person_id,
        "addresses": person.addresses,
        "display_names": person.display_names,
        "tier": person.tier,
        "tier_source": person.tier_source,
        "unfit_names": person.unfit_names,
        "classes": person.address_classes,
        "rules": person.rules,
        "merge_reasons": person.merge_reasons,
        "merge_confidence": person.merge_confidence,
        "incidents": person.incidents,
        "first_sent_at": iso_utc(person.first_sent_at),
        "last_sent_at": iso_utc(person.last_sent_at),
        "clients": [asdict(client) for client in person.clients],
        "notified_at": iso_utc(person.contact.notified_at) if person.contact else None,
        "notified_how": person.contact.notified_how if person.contact else "",
        "flags": person.contact.flags if person.contact else (),
        "safe_channel": person.contact.safe_channel if person.contact else "",
    }


def suggestion_object(suggestion: PeopleSuggestion) -> dict[str, Any]:
    """Return people who may be one person as they stand in the report."""
    return {
        "rule": suggestion.rule,
        "confidence": suggestion.confidence,
        "addresses": suggestion.addresses,
        "person_ids": suggestion.person_ids,
        "names": suggestion.names,
    }


def statement_object(statement: PeopleStatement) -> dict[str, Any]:
    """Return what a person has stated about people as it stands in the report."""
    return {
        "number": statement.number,
        "kind": statement.kind,
        "addresses": statement.addresses,
        "tier": statement.tier,
        "undoes": statement.undoes,
        "undone_by": statement.undone_by,
        "reason": statement.reason,
        "decided_by": statement.decided_by,
        "applied_by": statement.applied_by,
        "decided_at": iso_utc(statement.decided_at),
    }


def _coverage(row: CoverageRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "mailbox": row.mailbox,
        "role": row.role,
        "reason": row.reason,
        "in_scope": row.in_scope,
        "uidvalidity": row.uidvalidity,
        "enumerated": row.enumerated,
        "stored": row.stored,
        "others": row.others,
        "vanished": row.vanished,
        "errored": row.errored,
        "expunged_since": row.expunged_since,
        "drafts": row.drafts,
        "received": row.received,
        "with_bcc": row.with_bcc,
        "oldest": iso_sent(row.oldest),
        "newest": iso_sent(row.newest),
        "gaps": row.gaps,
        "scanned_at": iso_utc(row.scanned_at),
        "own_mail": row.own_mail,
        "own_mail_note": row.own_mail_note,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "account": gap.account,
        "mailbox": gap.mailbox,
        "uidvalidity": gap.uidvalidity,
        "uid": gap.uid,
        "kind": gap.kind,
        "detail": gap.detail,
    }


def _also_look(entry: AlsoLook) -> dict[str, Any]:
    return {
        "identity": entry.identity,
        "sent_at": iso_utc(entry.sent_at),
        "subject": entry.subject,
        "visible_outsiders": entry.visible_outsiders,
        "bcc_outsiders": entry.bcc_outsiders,
    }


def _write_items(items: Iterable[Any], file: BinaryIO) -> None:
    separator = b"[\n"
    for item in items:
        file.write(separator + _encode(item))
        separator = b",\n"
    file.write(b"[]" if separator == b"[\n" else b"\n]")


def _encode(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    # A lone surrogate has no UTF-8; its backslash form is what JSON calls it too (RFC 8259, 7).
    return text.encode("utf-8", errors="backslashreplace")
