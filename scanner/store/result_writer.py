"""What an analysis found, written: kept for the last two runs, with what changed between them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, delete, func, select, text

from scanner.model import AlsoLook, Analysis, Identity, Incident, IncidentKey, Ladder
from scanner.store import schema
from scanner.store.change import find_changes, stands_now, stood_before
from scanner.store.found import note_found
from scanner.store.insert import chunks, insert_rows
from scanner.store.octets import identity_from, octets_of
from scanner.store.results import NEWEST_MESSAGE, latest_analysis

_KEPT_RUNS = 2

_RUNGS = tuple(sorted(rung.name for rung in fields(Ladder)))

_RUN_TABLES = (
    schema.finding,
    schema.incident_change,
    schema.incident_reason,
    schema.incident_message,
    schema.incident,
)

_INCIDENT_COLUMNS = (
    "run_id",
    "key",
    "rank",
    "score",
    "queued",
    "subject",
    "first_sent_at",
    "last_sent_at",
    "label",
    "ladder",
    "related",
    "exposed_addresses",
    "around",
    "share",
)
_MEMBER_COLUMNS = ("run_id", "incident_key", "message_id", "part", "kind")
_REASON_COLUMNS = ("run_id", "incident_key", "position", "rule", "points", "text", "said")
_FINDING_COLUMNS = ("run_id", "message_id", "kind", "outsiders", "bcc_outsiders")

# Outsiders that stand in Bcc only, by message; "worth a look" has its figure from the analysis.
COUNT_HIDDEN = """
    UPDATE finding SET bcc_outsiders = (SELECT COUNT(*) FROM (
        SELECT recipient.address_id FROM recipient
          JOIN address_class ON address_class.policy_id = :policy AND address_class.address_id = recipient.address_id
         WHERE recipient.message_id = finding.message_id AND recipient.field = 'bcc' AND address_class.outsider
        EXCEPT
        SELECT recipient.address_id FROM recipient
         WHERE recipient.message_id = finding.message_id AND recipient.field NOT IN ('bcc', 'reply-to')
    ) AS hidden)
     WHERE run_id = :run AND kind <> 'also_look'
"""


@dataclass(frozen=True, slots=True)
class KeptFacts:
    """What is kept of an incident for an analysis of new mail, as JSON; it means nothing to the store."""

    around: str | None = None
    share: str | None = None


def save_analysis(
    connection: Connection,
    analysis: Analysis,
    *,
    policy_id: int,
    ended_at: int,
    tool_version: str,
    totals: Mapping[str, Any],
    kept: Mapping[IncidentKey, KeptFacts] | None = None,
) -> tuple[IncidentKey, ...]:
    """
    Write an analysis and drop all runs but the last two.

    Args:
        connection: To the store.

        analysis: All that was found.

        policy_id: Under which it was found.

        ended_at: When it ended.

        tool_version: Of what found it.

        totals: Figures over all of it.

        kept: What an analysis of new mail will ask of each incident; None = it will have to analyse everything.

    Returns:
        Keys of queued incidents that mail stored since the run before has
        made or brought into the queue, by rank. What only another policy
        queues is not new.
    """
    before = latest_analysis(connection)
    former = stood_before(connection, before.id) if before else {}
    run_id = insert_run(
        connection, policy_id=policy_id, as_of=analysis.as_of, ended_at=ended_at, version=tool_version, totals=totals
    )
    numbers = message_numbers(connection, analysis.incidents, analysis.also_look)
    insert_incidents(connection, run_id, analysis.incidents, numbers, kept or {})
    _insert_findings(connection, run_id, analysis, numbers)
    connection.execute(text(COUNT_HIDDEN), {"run": run_id, "policy": policy_id})
    # Only another policy queues what no new mail has made.
    is_other = before is not None and before.policy_sha256 != analysis.policy_sha256
    known = before.newest_message if before is not None and is_other else None
    now = stands_now(analysis.incidents, numbers)
    changes = list(find_changes(former, now, lambda key: known is None or max(now[key].messages) > known))
    write_changes(connection, run_id, changes)
    note_found(connection, run_id, moment=ended_at)
    drop_old_runs(connection)
    new = {key for key, change, _ in changes if change == "new"}
    return tuple(one.key for one in analysis.incidents if one.key in new)


def insert_run(
    connection: Connection,
    *,
    policy_id: int,
    as_of: int,
    ended_at: int,
    version: str,
    totals: Mapping[str, Any],
    result_id: int | None = None,
) -> int:
    """
    Insert an analysis run; return its number.

    Args:
        connection: To the store.

        policy_id: Under which it judged.

        as_of: The moment it speaks for.

        ended_at: When it ended.

        version: Of the tool.

        totals: Figures over all incidents, and what it notes for the next one.

        result_id: Whose rows hold its result; None = they are its own.
    """
    newest = connection.execute(select(func.max(schema.message.c.id))).scalar()
    crawl_run = connection.execute(
        select(schema.crawl_run.c.id).order_by(schema.crawl_run.c.id.desc()).limit(1)
    ).scalar()
    key = connection.execute(
        schema.analysis_run.insert().values(
            policy_id=policy_id,
            crawl_run_id=crawl_run,
            as_of=as_of,
            ended_at=ended_at,
            tool_version=version,
            totals=json.dumps({NEWEST_MESSAGE: newest or 0, **totals}, sort_keys=True),
            result_id=result_id,
        )
    ).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key")
    return int(key[0])


def write_changes(connection: Connection, run_id: int, changes: Iterable[tuple[IncidentKey, str, str]]) -> None:
    """Note what has changed since the run before."""
    insert_rows(
        connection,
        schema.incident_change,
        ("run_id", "incident_key", "change", "detail"),
        [(run_id, incident_key, change, detail) for incident_key, change, detail in changes],
    )


def insert_incidents(
    connection: Connection,
    run_id: int,
    found: Iterable[Incident],
    numbers: Mapping[Identity, int],
    kept: Mapping[IncidentKey, KeptFacts],
) -> None:
    """Insert incidents with their reasons and messages, all but the findings."""
    incidents: list[tuple[Any, ...]] = []
    members: list[tuple[Any, ...]] = []
    reasons: list[tuple[Any, ...]] = []
    for one in found:
        incidents.append(_incident_row(run_id, one, kept.get(one.key, KeptFacts())))
        members.extend(_member_rows(run_id, one, numbers))
        for position, reason in enumerate(one.reasons):
            reasons.append((run_id, one.key, position, reason.rule, reason.points, reason.text, reason.said))
    # In the order of their indexes: a key is a hash, and random places in a tree take twice as long.
    for rows in (incidents, members, reasons):
        rows.sort()
    insert_rows(connection, schema.incident, _INCIDENT_COLUMNS, incidents)
    insert_rows(connection, schema.incident_message, _MEMBER_COLUMNS, members)
    insert_rows(connection, schema.incident_reason, _REASON_COLUMNS, reasons)


def _incident_row(run_id: int, one: Incident, facts: KeptFacts) -> tuple[Any, ...]:
    return (
        run_id,
        one.key,
        one.rank,
        one.score,
        one.queued,
        one.subject,
        one.first_sent_at,
        one.last_sent_at,
        one.label,
        ladder_text(one.ladder),
        json.dumps(one.related),
        one.ladder.exposed_addresses,
        facts.around,
        facts.share,
    )


def _member_rows(run_id: int, one: Incident, numbers: Mapping[Identity, int]) -> Iterator[tuple[Any, ...]]:
    for entry in one.messages:
        yield run_id, one.key, numbers[entry.message.identity], "exposing", entry.kind
    for identity in one.bcc_siblings:
        yield run_id, one.key, numbers[identity], "bcc_sibling", ""


def _insert_findings(connection: Connection, run_id: int, analysis: Analysis, numbers: Mapping[Identity, int]) -> None:
    findings: dict[int, tuple[int, int, str, int, int]] = {}
    for one in analysis.incidents:
        for entry in one.messages:
            number = numbers[entry.message.identity]
            findings[number] = (run_id, number, "exposes", len(entry.exposed), 0)
        for identity in one.bcc_siblings:
            number = numbers[identity]
            findings.setdefault(number, (run_id, number, "bcc_sibling", 0, 0))
    for look in analysis.also_look:
        number = numbers[look.identity]
        findings[number] = (run_id, number, "also_look", look.visible_outsiders, look.bcc_outsiders)
    insert_findings(connection, [findings[number] for number in sorted(findings)])


def insert_findings(connection: Connection, rows: Sequence[tuple[int, int, str, int, int]]) -> None:
    """Insert what messages are: (run_id, message_id, kind, outsiders, bcc_outsiders), by message_id."""
    insert_rows(connection, schema.finding, _FINDING_COLUMNS, rows)


def ladder_text(ladder: Ladder) -> str:
    """Return a ladder as JSON with sorted keys."""
    # asdict would copy every figure deeply.
    return json.dumps({rung: getattr(ladder, rung) for rung in _RUNGS})


def message_numbers(
    connection: Connection, incidents: Iterable[Incident], also_look: Iterable[AlsoLook]
) -> dict[Identity, int]:
    """Return the numbers of all messages that incidents name, and of those worth a look."""
    wanted: set[Identity] = {look.identity for look in also_look}
    for one in incidents:
        wanted.update(entry.message.identity for entry in one.messages)
        wanted.update(one.bcc_siblings)
    return numbers_of(connection, wanted)


def numbers_of(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, int]:
    """Return identity → number of the message; unknown ones are left out."""
    table = schema.message
    numbers: dict[Identity, int] = {}
    for some in chunks([octets_of(identity) for identity in sorted(identities)]):
        for identity, number in connection.execute(
            select(table.c.identity, table.c.id).where(table.c.identity.in_(some))
        ):
            numbers[identity_from(identity)] = number
    return numbers


def drop_old_runs(connection: Connection) -> None:
    """Drop all runs but the last two, and what these two do not need."""
    run = schema.analysis_run
    newest = connection.execute(select(run.c.id, run.c.result_id).order_by(run.c.id.desc()).limit(_KEPT_RUNS))
    kept = sorted({number for row in newest for number in row if number is not None})
    for table in _RUN_TABLES:
        connection.execute(delete(table).where(table.c.run_id.not_in(kept)))
    # Every change of the policy classes all addresses anew; the classes of former ones serve no result.
    policies = list(connection.execute(select(run.c.policy_id).where(run.c.id.in_(kept)).distinct()).scalars())
    connection.execute(delete(schema.address_class).where(schema.address_class.c.policy_id.not_in(policies)))
    connection.execute(
        delete(run).where(
            run.c.id.not_in(kept)
            & run.c.id.not_in(
                select(schema.export_log.c.analysis_run_id).where(schema.export_log.c.analysis_run_id.is_not(None))
            )
        )
    )
