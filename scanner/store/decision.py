"""
The log of decisions: append and read, never change.

Every row is chained to the one before it (scanner/chain.py). What may have to
be erased one day stands in the payload; erasing it leaves a tombstone, and the
chain still holds.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select, text, update

from scanner.chain import BEGINNING, canonical_json, chain_sha256, is_as_hashed, payload_sha256
from scanner.errors import StoreError
from scanner.model import Statement
from scanner.store import schema
from scanner.store.insert import chunks

_HEAD = (
    "id",
    "kind",
    "incident_key",
    "verdict",
    "scope",
    "decided_by",
    "applied_by",
    "decided_at",
    "recorded_at",
    "expires_at",
    "payload_sha256",
)
"""The columns that a chain hash covers, by their names."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the log ends, in rows and by its last chain hash; printed in exports, so that later ones compare."""

    count: int = 0
    sha256: str = BEGINNING
    recorded_at: int = 0
    """When the last row was written."""


def chain_head(connection: Connection) -> ChainHead:
    """Return where the log ends now."""
    table = schema.decision
    row = connection.execute(
        select(table.c.id, table.c.chain_sha256, table.c.recorded_at).order_by(table.c.id.desc()).limit(1)
    ).one_or_none()
    return ChainHead(row.id, row.chain_sha256, row.recorded_at) if row else ChainHead()


def append(
    connection: Connection, statements: Iterable[Statement], *, now: int, expected: ChainHead | None = None
) -> tuple[Statement, ...]:
    """
    Write statements at the end of the log, within the connection's transaction.

    Two who write at the same time wait for each other.

    Args:
        connection: With a transaction begun; SQLite's has the write lock from its beginning.

        statements: Their number, recorded_at and chain_sha256 are given here.

        now: The clock; a row is never dated before the one before it.

        expected: Where the log ended when the statements were prepared; None = it does not matter.

    Raises:
        StoreError: Somebody else has written since then.
    """
    if connection.dialect.name == "postgresql":
        # Readers go on; another writer waits until this transaction has ended.
        connection.execute(text("LOCK TABLE decision IN EXCLUSIVE MODE"))
    head = chain_head(connection)
    if expected is not None and (head.count, head.sha256) != (expected.count, expected.sha256):
        raise StoreError(
            "somebody else has decided something meanwhile; nothing was written",
            remedy="Look at the incidents again, then repeat the command",
        )
    number, hashed, recorded_at = head.count, head.sha256, max(now, head.recorded_at)
    written = []
    for statement in statements:
        number += 1
        payload = canonical_json(statement.payload)
        values = {
            "id": number,
            "kind": statement.kind,
            "incident_key": statement.incident,
            "verdict": statement.verdict,
            "scope": statement.scope,
            "decided_by": statement.decided_by,
            "applied_by": statement.applied_by,
            "decided_at": statement.decided_at,
            "recorded_at": recorded_at,
            "expires_at": statement.expires_at,
            "payload_sha256": payload_sha256(payload),
        }
        hashed = chain_sha256(hashed, values)
        connection.execute(schema.decision.insert().values(**values, payload=payload, chain_sha256=hashed))
        written.append(replace(statement, number=number, recorded_at=recorded_at, chain_sha256=hashed))
    return tuple(written)


def statements(connection: Connection, *kinds: str) -> Iterator[Statement]:
    """Yield the log in its order, only rows of these kinds when some are named."""
    table = schema.decision
    query = select(table).order_by(table.c.id)
    for row in connection.execute(query.where(table.c.kind.in_(kinds)) if kinds else query):
        yield Statement(
            number=row.id,
            kind=row.kind,
            incident=row.incident_key,
            verdict=row.verdict,
            scope=row.scope,
            decided_by=row.decided_by,
            applied_by=row.applied_by,
            decided_at=row.decided_at,
            recorded_at=row.recorded_at,
            expires_at=row.expires_at,
            payload=None if row.payload is None else json.loads(row.payload),
            chain_sha256=row.chain_sha256,
        )


def rows_as_json(connection: Connection) -> Iterator[str]:
    """Yield each row of the log as JSON: what its chain hash covers, the payload as it was hashed, and that hash."""
    for row in connection.execute(select(schema.decision).order_by(schema.decision.c.id)):
        yield canonical_json({name: row._mapping[name] for name in (*_HEAD, "payload", "chain_sha256")})


def erase(connection: Connection, numbers: Sequence[int]) -> int:
    """Take the payloads out of rows and leave their hashes; return how many were there to erase."""
    table = schema.decision
    if connection.dialect.name == "sqlite":
        # Otherwise the bytes stay in the file until something else needs their place.
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    done = 0
    for some in chunks(sorted(numbers)):
        chosen = table.c.id.in_(some) & table.c.payload.is_not(None)
        done += connection.execute(update(table).where(chosen).values(payload=None)).rowcount
    return done


def first_broken_row(connection: Connection) -> int | None:
    """Return the number of the first row that is not what was written there, None when the whole chain holds."""
    hashed = BEGINNING
    rows = connection.execute(select(schema.decision).order_by(schema.decision.c.id))
    for expected, row in enumerate(rows, 1):
        hashed = chain_sha256(hashed, {name: row._mapping[name] for name in _HEAD})
        if row.id != expected or row.chain_sha256 != hashed or not is_as_hashed(row.payload, row.payload_sha256):
            return expected
    return None


def chain_hashes(connection: Connection) -> Iterator[tuple[str, bool]]:
    """Yield (chain hash, its payload was erased) of the log in its order; what the payloads say is not looked at."""
    table = schema.decision
    for hashed, payload in connection.execute(select(table.c.chain_sha256, table.c.payload).order_by(table.c.id)):
        yield hashed, payload is None
