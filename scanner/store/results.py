"""What an analysis found: kept for the last two runs, with what changed between them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, delete, func, select, text, true

from scanner.model import (
    AlsoLook,
    Analysis,
    BelowIncident,
    Identity,
    Incident,
    IncidentChange,
    IncidentKey,
    Ladder,
    Reason,
)
from scanner.store import schema
from scanner.store.change import Stood, find_changes, stood_before
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


@dataclass(frozen=True, slots=True)
class StoredAnalysis:
    """One analysis run as it stands in the store."""

    id: int
    """Whose number the rows of its result carry: one analysis of new mail after the other renews the same rows."""

    number: int
    """Of the run itself."""

    as_of: int
    ended_at: int
    policy_sha256: str
    tool_version: str
    totals: Mapping[str, Any]
    newest_message: int | None
    """Highest row number of a message then: what came later is new mail. None = a version that did not note it."""

    @property
    def is_whole(self) -> bool:
        """Everything was analysed; otherwise new mail, and what that touches."""
        return self.id == self.number


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
    now = {
        one.key: Stood(
            queued=bool(one.rank),
            messages=tuple(numbers[entry.message.identity] for entry in one.messages),
            addresses=one.ladder.exposed_addresses,
        )
        for one in analysis.incidents
    }
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
    return StoredAnalysis(
        row.result_id or row.id, row.id, row.as_of, row.ended_at, row.sha256, row.tool_version, totals, newest
    )


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


def changes_of(connection: Connection, number: int) -> list[IncidentChange]:
    """Return what a run, by its own number, found changed since the run before, by (key, change)."""
    table = schema.incident_change
    rows = connection.execute(
        select(table).where(table.c.run_id == number).order_by(table.c.incident_key, table.c.change)
    )
    return [IncidentChange(IncidentKey(row.incident_key), row.change, row.detail) for row in rows]


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
        facts = kept.get(one.key, KeptFacts())
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
                one.ladder.exposed_addresses,
                facts.around,
                facts.share,
            )
        )
        for position, reason in enumerate(one.reasons):
            reasons.append((run_id, one.key, position, reason.rule, reason.points, reason.text, reason.said))
        for entry in one.messages:
            number = numbers[entry.message.identity]
            members.append((run_id, one.key, number, "exposing", entry.kind))
        for identity in one.bcc_siblings:
            members.append((run_id, one.key, numbers[identity], "bcc_sibling", ""))
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
            "exposed_addresses",
            "around",
            "share",
        ),
        incidents,
    )
    insert_rows(connection, schema.incident_message, ("run_id", "incident_key", "message_id", "part", "kind"), members)
    insert_rows(
        connection,
        schema.incident_reason,
        ("run_id", "incident_key", "position", "rule", "points", "text", "said"),
        reasons,
    )


def _insert_findings(connection: Connection, run_id: int, analysis: Analysis, numbers: Mapping[Identity, int]) -> None:
    findings: dict[int, tuple[Any, ...]] = {}
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
    insert_rows(
        connection,
        schema.finding,
        ("run_id", "message_id", "kind", "outsiders", "bcc_outsiders"),
        [findings[number] for number in sorted(findings)],
    )


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
    for some in chunks([bytes.fromhex(identity) for identity in sorted(identities)]):
        for identity, number in connection.execute(
            select(table.c.identity, table.c.id).where(table.c.identity.in_(some))
        ):
            numbers[Identity(bytes(identity).hex())] = number
    return numbers


def _reasons(connection: Connection, run_id: int, has_key: _KeyTest) -> dict[str, list[Reason]]:
    table = schema.incident_reason
    wanted = (table.c.run_id == run_id) & has_key(table.c.incident_key)
    rows = connection.execute(select(table).where(wanted).order_by(table.c.position))
    found: dict[str, list[Reason]] = {}
    for row in rows:
        found.setdefault(row.incident_key, []).append(Reason(row.rule, row.points, row.text, row.said or ""))
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
