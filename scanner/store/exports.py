"""
The log of exports: append and read, never change.

Every row is chained to the one before it, as in the log of decisions
(scanner/chain.py).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select, text

from scanner.chain import BEGINNING, canonical_json, chain_sha256, is_as_hashed, payload_sha256
from scanner.model import Export
from scanner.store import schema

_HEAD = ("id", "exported_at", "analysis_run_id", "payload_sha256")
"""The columns that a chain hash covers, by their names."""


def append_export(connection: Connection, *, now: int, run_id: int, payload: Mapping[str, Any]) -> Export:
    """Write what was handed out at the end of the log, within the connection's transaction."""
    table = schema.export_log
    if connection.dialect.name == "postgresql":
        # Readers go on; another writer waits until this transaction has ended.
        connection.execute(text("LOCK TABLE export_log IN EXCLUSIVE MODE"))
    last = connection.execute(select(table).order_by(table.c.id.desc()).limit(1)).one_or_none()
    spelt = canonical_json(payload)
    number, moment = (last.id + 1, max(now, last.exported_at)) if last else (1, now)
    values = {
        "id": number,
        "exported_at": moment,
        "analysis_run_id": run_id,
        "payload_sha256": payload_sha256(spelt),
    }
    hashed = chain_sha256(last.chain_sha256 if last else BEGINNING, values)
    connection.execute(table.insert().values(**values, payload=spelt, chain_sha256=hashed))
    return Export(number, moment, payload, hashed)


def exports(connection: Connection) -> Iterator[Export]:
    """Yield the log in its order."""
    table = schema.export_log
    for row in connection.execute(select(table).order_by(table.c.id)):
        yield Export(
            row.id, row.exported_at, None if row.payload is None else json.loads(row.payload), row.chain_sha256
        )


def export_hashes(connection: Connection) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield (chain hash, payload) of the log in its order; None = it was erased; empty = it is not what was written."""
    table = schema.export_log
    for row in connection.execute(select(table).order_by(table.c.id)):
        if row.payload is None:
            yield row.chain_sha256, None
        else:
            yield row.chain_sha256, json.loads(row.payload) if is_as_hashed(row.payload, row.payload_sha256) else {}


def first_broken_export(connection: Connection) -> int | None:
    """Return the number of the first row that is not what was written there, None when the whole chain holds."""
    table = schema.export_log
    hashed = BEGINNING
    for expected, row in enumerate(connection.execute(select(table).order_by(table.c.id)), 1):
        hashed = chain_sha256(hashed, {name: row._mapping[name] for name in _HEAD})
        if row.id != expected or row.chain_sha256 != hashed or not is_as_hashed(row.payload, row.payload_sha256):
            return expected
    return None
