"""What persons have stated about people, in the log of decisions; and which of their addresses the store knows."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, select

from scanner.model import AddressKey, PeopleStatement, Statement
from scanner.store import schema
from scanner.store.decision import statements
from scanner.store.insert import chunks
from scanner.store.results import StoredAnalysis

KIND = "people"
"""Of these rows in the log of decisions."""

HEEDED = "people_statements"
"""Among the totals of an analysis: the number of the last statement about people that it knew."""


def people_statements(connection: Connection, *, up_to: int | None = None) -> tuple[PeopleStatement, ...]:
    """
    Return the statements about people, in the order of the log; those whose content was erased state nothing.

    Args:
        connection: To the store.

        up_to: The number of the last one that is wanted; None = all.
    """
    return tuple(_read(entry) for entry in statements(connection, KIND) if up_to is None or entry.number <= up_to)


def newest_statement(connection: Connection) -> int:
    """Return the number of the newest statement about people, 0 when there is none."""
    log = schema.decision.c
    return int(connection.execute(select(func.max(log.id)).where(log.kind == KIND)).scalar() or 0)


def heeded_statement(run: StoredAnalysis | None) -> int:
    """Return the number of the last statement about people that an analysis knew; 0 = none."""
    return int(run.totals.get(HEEDED, 0)) if run else 0


def statement_row(statement: PeopleStatement) -> Statement:
    """Return a statement about people as a row for the log."""
    return Statement(
        number=statement.number,
        kind=KIND,
        incident="",
        verdict=statement.kind,
        scope="",
        decided_by=statement.decided_by,
        applied_by=statement.applied_by,
        decided_at=statement.decided_at,
        recorded_at=statement.decided_at,
        expires_at=None,
        payload={
            "addresses": list(statement.addresses),
            "reason": statement.reason,
            "tier": statement.tier,
            "undoes": statement.undoes,
        },
    )


def known_addresses(connection: Connection, keys: Sequence[AddressKey]) -> set[AddressKey]:
    """Return which of the addresses stand anywhere in the store."""
    column = schema.address.c.address_key
    found: set[AddressKey] = set()
    for some in chunks(keys):
        found.update(map(AddressKey, connection.execute(select(column).where(column.in_(some))).scalars()))
    return found


def all_addresses(connection: Connection) -> Iterator[AddressKey]:
    """Yield every address of the store, unordered."""
    yield from map(AddressKey, connection.execute(select(schema.address.c.address_key)).scalars())


def _read(entry: Statement) -> PeopleStatement:
    payload = entry.payload or {}
    return PeopleStatement(
        number=entry.number,
        # Only what `statement_row` wrote has this kind.
        kind=entry.verdict,  # type: ignore[arg-type]
        addresses=tuple(map(AddressKey, payload.get("addresses", ()))),
        tier=payload.get("tier"),
        undoes=payload.get("undoes"),
        reason=payload.get("reason", ""),
        decided_by=entry.decided_by,
        applied_by=entry.applied_by,
        decided_at=entry.decided_at,
    )
