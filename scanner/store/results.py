"""What an analysis found: kept for the last two runs, with what changed between them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, delete, func, select, text, true

from scanner.model import Analysis, BelowIncident, Identity, Incident, IncidentKey, Ladder, Reason
from scanner.store import schema
from scanner.store.found import note_found
from scanner.store.insert import chunks, insert_rows

_KeyTest: TypeAlias = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Makes the condition on a column of incident keys."""

_KEPT_RUNS = 2
NEWEST_MESSAGE = "newest_message"
"""Stands among the stored totals, and is taken out when they are read."""

_RUNGS = tuple(sorted(rung.name for rung in fields(Ladder)))

_RUN_TABLES = (
    schema.finding,
    schema.incident_change,
    schema.incident_reason,
    schema.incident_message,
    schema.incident,
)

# Outsiders that stand in Bcc only, by message; "worth a look" has its figure from the analysis.
_COUNT_HIDDEN = """
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
class StoredAnalysis:
    """One analysis run as it stands in the store."""

    id: int
    as_of: int
    ended_at: int
    policy_sha256: str
    tool_version: str
    totals: Mapping[str, Any]
    newest_message: int | None
    """Highest row number of a message then: what came later is new mail. None = a version that did not note it."""


@dataclass(frozen=True, slots=True)
class StoredIncident:
    """One incident of a run: its row, its reasons, and which messages belong to it."""

    key: IncidentKey
    rank: int
    score: int
    queued: str
    subject: str
    first_sent_at: int
    last_sent_at: int
    label: str
    reasons: tuple[Reason, ...]
    related: tuple[IncidentKey, ...]
    kinds: Mapping[Identity, str]
    """Identity of every exposing message → its kind."""

    siblings: tuple[Identity, ...]


def save_analysis(
    connection: Connection,
    analysis: Analysis,
    *,
    policy_id: int,
    ended_at: int,
    tool_version: str,
    totals: Mapping[str, Any],
) -> tuple[IncidentKey, ...]:
    """
    Write an analysis and drop all runs but the last two.

    Returns:
        Keys of queued incidents that mail stored since the run before has
        made or brought into the queue, by rank. What only another policy
        queues is not new.
    """
    before = latest_analysis(connection)
    former = _queued_messages(connection, before.id) if before else {}
    newest = connection.execute(select(func.max(schema.message.c.id))).scalar()
    crawl_run = connection.execute(
        select(schema.crawl_run.c.id).order_by(schema.crawl_run.c.id.desc()).limit(1)
    ).scalar()
    key = connection.execute(
        schema.analysis_run.insert().values(
            policy_id=policy_id,
            crawl_run_id=crawl_run,
            as_of=analysis.as_of,
            ended_at=ended_at,
            tool_version=tool_version,
            totals=json.dumps({**totals, NEWEST_MESSAGE: newest or 0}, sort_keys=True),
        )
    ).inserted_primary_key
    if key is None:
        raise RuntimeError("the database gave no key")
    run_id = int(key[0])
    numbers = _message_numbers(connection, analysis)
    _insert_incidents(connection, run_id, analysis, numbers)
    connection.execute(text(_COUNT_HIDDEN), {"run": run_id, "policy": policy_id})
    queued = [one for one in analysis.incidents if one.rank]
    new = tuple(one.key for one in queued if one.key not in former and _is_new(one, analysis, before, numbers))
    now: dict[str, int] = {one.key: len(one.messages) for one in queued}
    changes = _changes(former, now, frozenset(new))
    insert_rows(
        connection,
        schema.incident_change,
        ("run_id", "incident_key", "change", "detail"),
        [(run_id, incident_key, change, detail) for incident_key, change, detail in changes],
    )
    note_found(connection, run_id, moment=ended_at)
    _drop_old_runs(connection)
    return new


def _is_new(
    incident: Incident, analysis: Analysis, before: StoredAnalysis | None, numbers: Mapping[Identity, int]
) -> bool:
    """Tell whether new mail, not another policy, has queued an incident that was not queued before."""
    if before is None or before.newest_message is None or before.policy_sha256 == analysis.policy_sha256:
        return True
    return any(numbers[entry.message.identity] > before.newest_message for entry in incident.messages)


def latest_analysis(connection: Connection) -> StoredAnalysis | None:
    """Return the newest analysis run, None when there is none."""
    run, policy = schema.analysis_run, schema.policy
    row = connection.execute(
        select(run, policy.c.sha256).select_from(run.join(policy)).order_by(run.c.id.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    totals = json.loads(row.totals)
    newest = totals.pop(NEWEST_MESSAGE, None)
    return StoredAnalysis(row.id, row.as_of, row.ended_at, row.sha256, row.tool_version, totals, newest)


def stored_incidents(connection: Connection, run_id: int, beginning: str = "") -> list[StoredIncident]:
    """
    Return incidents of a run by rank; their messages are named, not loaded.

    Args:
        connection: To the store.

        run_id: Of the analysis.

        beginning: "" = those that are queued. Else all whose key begins so;
            those that are not queued come last, by (-score, key).
    """
    columns = schema.incident.c
    if beginning:
        return _incidents(connection, run_id, lambda key: key.startswith(beginning, autoescape=True))
    return _incidents(connection, run_id, lambda _: true(), columns.rank > 0)


def incidents_of_keys(connection: Connection, run_id: int, keys: Sequence[str]) -> list[StoredIncident]:
    """Return the incidents of a run that have one of these keys, in no order."""
    found: list[StoredIncident] = []
    for some in chunks(keys):
        found += _incidents(connection, run_id, _is_one_of(some))
    return found


def _is_one_of(keys: Sequence[str]) -> _KeyTest:
    return lambda key: key.in_(keys)


def _incidents(
    connection: Connection,
    run_id: int,
    has_key: _KeyTest,
    only: ColumnElement[bool] | None = None,
) -> list[StoredIncident]:
    table = schema.incident
    wanted = (table.c.run_id == run_id) & has_key(table.c.key)
    rows = connection.execute(
        select(table)
        .where(wanted if only is None else wanted & only)
        .order_by(table.c.rank == 0, table.c.rank, table.c.score.desc(), table.c.key)
    )
    reasons = _reasons(connection, run_id, has_key)
    messages = _messages(connection, run_id, has_key)
    return [
        StoredIncident(
            key=IncidentKey(row.key),
            rank=row.rank,
            score=row.score,
            queued=row.queued,
            subject=row.subject,
            first_sent_at=row.first_sent_at,
            last_sent_at=row.last_sent_at,
            label=row.label,
            reasons=tuple(reasons.get(row.key, ())),
            related=tuple(map(IncidentKey, json.loads(row.related))),
            kinds={identity: kind for identity, part, kind in messages.get(row.key, ()) if part == "exposing"},
            siblings=tuple(identity for identity, part, _ in messages.get(row.key, ()) if part == "bcc_sibling"),
        )
        for row in rows
    ]


def below_incidents(connection: Connection, run_id: int) -> Iterator[BelowIncident]:
    """Yield the incidents of a run that are not queued, by (-score, key)."""
    columns = schema.incident.c
    rows = connection.execute(
        select(
            columns.key,
            columns.score,
            columns.subject,
            columns.first_sent_at,
            columns.last_sent_at,
            columns.label,
            columns.ladder,
        )
        .where((columns.run_id == run_id) & (columns.rank == 0))
        .order_by(columns.score.desc(), columns.key)
    )
    for row in rows:
        yield BelowIncident(
            key=IncidentKey(row.key),
            score=row.score,
            subject=row.subject,
            first_sent_at=row.first_sent_at,
            last_sent_at=row.last_sent_at,
            label=row.label,
            ladder=Ladder(**json.loads(row.ladder)),
        )


def queued_keys(connection: Connection, run_id: int) -> tuple[IncidentKey, ...]:
    """Return the keys of the queued incidents of a run, by rank."""
    table = schema.incident
    query = select(table.c.key).where((table.c.run_id == run_id) & (table.c.rank > 0)).order_by(table.c.rank)
    return tuple(map(IncidentKey, connection.execute(query).scalars()))


def queued_outlines(connection: Connection, run_id: int) -> Iterator[tuple[IncidentKey, int, int, dict[str, Any]]]:
    """Yield (key, rank, score, ladder) of the queued incidents of a run, by rank."""
    table = schema.incident
    query = select(table.c.key, table.c.rank, table.c.score, table.c.ladder)
    for row in connection.execute(query.where((table.c.run_id == run_id) & (table.c.rank > 0)).order_by(table.c.rank)):
        yield IncidentKey(row.key), row.rank, row.score, json.loads(row.ladder)


def also_look_identities(connection: Connection, run_id: int) -> list[tuple[Identity, int, int]]:
    """Return (identity, visible outsiders, outsiders in Bcc) of messages worth a look, unordered."""
    finding, message = schema.finding, schema.message
    rows = connection.execute(
        select(message.c.identity, finding.c.outsiders, finding.c.bcc_outsiders)
        .select_from(finding.join(message))
        .where((finding.c.run_id == run_id) & (finding.c.kind == "also_look"))
    )
    return [(Identity(bytes(row.identity).hex()), row.outsiders, row.bcc_outsiders) for row in rows]


def ladder_text(ladder: Ladder) -> str:
    """Return a ladder as JSON with sorted keys."""
    # asdict would copy every figure deeply.
    return json.dumps({rung: getattr(ladder, rung) for rung in _RUNGS})


def _insert_incidents(connection: Connection, run_id: int, analysis: Analysis, numbers: Mapping[Identity, int]) -> None:
    findings: dict[int, tuple[Any, ...]] = {}
    incidents: list[tuple[Any, ...]] = []
    members: list[tuple[Any, ...]] = []
    reasons: list[tuple[Any, ...]] = []
    for one in analysis.incidents:
        incidents.append(
            (
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
            )
        )
        for position, reason in enumerate(one.reasons):
            reasons.append((run_id, one.key, position, reason.rule, reason.points, reason.text))
        for entry in one.messages:
            number = numbers[entry.message.identity]
            members.append((run_id, one.key, number, "exposing", entry.kind))
            findings[number] = (run_id, number, "exposes", len(entry.exposed), 0)
        for identity in one.bcc_siblings:
            number = numbers[identity]
            members.append((run_id, one.key, number, "bcc_sibling", ""))
            findings.setdefault(number, (run_id, number, "bcc_sibling", 0, 0))
    for look in analysis.also_look:
        number = numbers[look.identity]
        findings[number] = (run_id, number, "also_look", look.visible_outsiders, look.bcc_outsiders)
    # In the order of their indexes: a key is a hash, and random places in a tree take twice as long.
    for rows in (incidents, members, reasons):
        rows.sort()
    insert_rows(
        connection,
        schema.incident,
        (
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
        ),
        incidents,
    )
    insert_rows(connection, schema.incident_message, ("run_id", "incident_key", "message_id", "part", "kind"), members)
    insert_rows(
        connection, schema.incident_reason, ("run_id", "incident_key", "position", "rule", "points", "text"), reasons
    )
    insert_rows(
        connection,
        schema.finding,
        ("run_id", "message_id", "kind", "outsiders", "bcc_outsiders"),
        [findings[number] for number in sorted(findings)],
    )


def _message_numbers(connection: Connection, analysis: Analysis) -> dict[Identity, int]:
    wanted: set[Identity] = {look.identity for look in analysis.also_look}
    for one in analysis.incidents:
        wanted.update(entry.message.identity for entry in one.messages)
        wanted.update(one.bcc_siblings)
    table = schema.message
    numbers: dict[Identity, int] = {}
    for some in chunks([bytes.fromhex(identity) for identity in sorted(wanted)]):
        for identity, number in connection.execute(
            select(table.c.identity, table.c.id).where(table.c.identity.in_(some))
        ):
            numbers[Identity(bytes(identity).hex())] = number
    return numbers


def _changes(former: Mapping[str, int], now: Mapping[str, int], new: frozenset[str]) -> Iterable[tuple[str, str, str]]:
    for key, messages in now.items():
        if key not in former:
            yield key, "new" if key in new else "entered", f"{messages} messages"
        elif messages > former[key]:
            yield key, "grown", f"{former[key]} → {messages} messages"
    for key, messages in former.items():
        if key not in now:
            yield key, "gone", f"{messages} messages"


def _queued_messages(connection: Connection, run_id: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in stored_incidents(connection, run_id):
        found[one.key] = len(one.kinds)
    return found


def _reasons(connection: Connection, run_id: int, has_key: _KeyTest) -> dict[str, list[Reason]]:
    table = schema.incident_reason
    wanted = (table.c.run_id == run_id) & has_key(table.c.incident_key)
    rows = connection.execute(select(table).where(wanted).order_by(table.c.position))
    found: dict[str, list[Reason]] = {}
    for row in rows:
        found.setdefault(row.incident_key, []).append(Reason(row.rule, row.points, row.text))
    return found


def _messages(connection: Connection, run_id: int, has_key: _KeyTest) -> dict[str, list[tuple[Identity, str, str]]]:
    table, message = schema.incident_message, schema.message
    rows = connection.execute(
        select(table.c.incident_key, message.c.identity, table.c.part, table.c.kind)
        .select_from(table.join(message))
        .where((table.c.run_id == run_id) & has_key(table.c.incident_key))
        .order_by(message.c.sent_at, message.c.identity)
    )
    found: dict[str, list[tuple[Identity, str, str]]] = {}
    for row in rows:
        found.setdefault(row.incident_key, []).append((Identity(bytes(row.identity).hex()), row.part, row.kind))
    return found


def _drop_old_runs(connection: Connection) -> None:
    run = schema.analysis_run
    kept = list(connection.execute(select(run.c.id).order_by(run.c.id.desc()).limit(_KEPT_RUNS)).scalars())
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
