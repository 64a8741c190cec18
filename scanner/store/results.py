"""What an analysis found, read back: runs, incidents, and what changed between them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, select, true

from scanner.model import BelowIncident, Identity, IncidentChange, IncidentKey, Ladder, Reason
from scanner.store import schema
from scanner.store.insert import chunks
from scanner.store.octets import identity_from

_KEY_DIGITS = 12
_HEX_DIGITS = frozenset("0123456789abcdef")
_KeyTest: TypeAlias = Callable[[ColumnElement[str]], ColumnElement[bool]]
"""Makes the condition on a column of incident keys."""

NEWEST_MESSAGE = "newest_message"
"""Stands among the stored totals, and is taken out when they are read."""


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
        if set(beginning) - _HEX_DIGITS:
            return []
        # A range is looked up in the index of the keys; LIKE reads the rows of all incidents.
        last = beginning.ljust(_KEY_DIGITS, "f")
        return _incidents(connection, run_id, lambda key: key.between(beginning, last))
    return _incidents(connection, run_id, lambda _: true(), columns.rank > 0)


def incidents_of_keys(connection: Connection, run_id: int, keys: Sequence[str]) -> list[StoredIncident]:
    """Return the incidents of a run that have one of these keys, in no order."""
    found: list[StoredIncident] = []
    for some in chunks(keys):
        found += _incidents(connection, run_id, _is_one_of(some))
    return found


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
    return [(identity_from(row.identity), row.outsiders, row.bcc_outsiders) for row in rows]


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
        found.setdefault(row.incident_key, []).append((identity_from(row.identity), row.part, row.kind))
    return found
