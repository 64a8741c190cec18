"""Bulk inserts: prepared tuples on SQLite, COPY on PostgreSQL."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, select
from sqlalchemy.exc import DBAPIError

from scanner.store.schema import message, recipient

T = TypeVar("T")

_CHUNK = 500
"""Values in one IN list; SQLite of old takes 999 parameters."""


def insert_rows(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """
    Insert rows whose values stand in the order of `columns`, within the connection's transaction.

    Args:
        connection: With a transaction begun.

        table: Where to.

        columns: Names, rarely filled ones last.

        rows: Their values; a shorter row leaves the last columns NULL.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _insert_sqlite(connection, table.name, columns, rows)
        return
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row if len(row) == len(columns) else (*row, *(None,) * (len(columns) - len(row))))
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statement, None, error, hide_parameters=True) from error


def insert_messages(
    connection: Connection, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], *, is_first: bool
) -> list[int]:
    """
    Insert messages that the store does not have yet, within the connection's transaction.

    Args:
        connection: With a transaction begun.

        columns: Names, the id first, rarely filled ones last.

        rows: As for `insert_rows`, with ids that are free.

        is_first: The store has no message yet.

    Returns:
        Under which id each message is stored: its own, or an older one's of the same identity.
    """
    place = columns.index("identity")
    if connection.dialect.name == "sqlite":
        # Nearly always all are new, and their number says so without a look-up.
        if sum(_insert_sqlite(connection, "message", columns, rows, " ON CONFLICT (identity) DO NOTHING")) == len(rows):
            return [row[0] for row in rows]
        known = dict(known_numbers(connection, message.c.identity, [row[place] for row in rows]))
    else:
        known = {} if is_first else dict(known_numbers(connection, message.c.identity, [row[place] for row in rows]))
        new = [row for row in rows if known.setdefault(row[place], row[0]) == row[0]]
        insert_rows(connection, message, columns, new)
    return [known[row[place]] for row in rows]


def insert_recipients(
    connection: Connection, columns: tuple[str, ...], first: int, entries: Sequence[tuple[Any, ...]], places: str
) -> None:
    """
    Insert the recipients of messages that follow each other, within the connection's transaction.

    Args:
        connection: With a transaction begun.

        columns: message_id, position, then those of `entries`.

        first: The first message's id; the next ones count on.

        entries: The rest of a recipient's row.

        places: For each message the places of its recipients in `entries`: JSON, an array of arrays.
    """
    if not entries:
        return
    if connection.dialect.name == "sqlite":
        # One statement for the batch: SQLite reads the places, and Python handles no recipient twice.
        connection.exec_driver_sql(_entry_table(columns[2:]))
        connection.exec_driver_sql("DELETE FROM temp.batch_entry")
        numbered = [(place, *entry) for place, entry in enumerate(entries)]
        connection.exec_driver_sql(_sqlite_insert("temp.batch_entry", ("place", *columns[2:])), numbered)
        connection.exec_driver_sql(_recipient_insert(columns), (first, places))
        return
    rows = [
        (number, position, *entries[place])
        for number, each in enumerate(json.loads(places), first)
        for position, place in enumerate(each)
    ]
    insert_rows(connection, recipient, columns, rows)


def known_numbers(connection: Connection, column: Column[Any], values: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """Yield (value, id) of those values of a table's unique column that are there."""
    number = column.table.c.id
    for some in chunks(values):
        if connection.dialect.name == "sqlite":
            # An IN list of SQLAlchemy's is written anew each time, which takes longer than the search.
            yield from map(
                tuple, connection.exec_driver_sql(_sqlite_in(column.table.name, column.name, len(some)), tuple(some))
            )
        else:
            yield from map(tuple, connection.execute(select(column, number).where(column.in_(some))))


@cache
def _sqlite_in(table: str, column: str, count: int) -> str:
    return f"SELECT {column}, id FROM {table} WHERE {column} IN ({', '.join('?' * count)})"


def _insert_sqlite(
    connection: Connection, table: str, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], behind: str = ""
) -> list[int]:
    """Insert rows; return how many, for each length of row."""
    # Straight to the driver: per row, SQLAlchemy's own parameter handling costs more than the insert. And each
    # value that is bound costs, NULL too.
    lengths = set(map(len, rows))
    inserted = []
    for length in sorted(lengths):
        some = rows if len(lengths) == 1 else [row for row in rows if len(row) == length]
        result = connection.exec_driver_sql(_sqlite_insert(table, columns[:length]) + behind, list(some))
        inserted.append(result.rowcount)
    return inserted


@cache
def _entry_table(columns: tuple[str, ...]) -> str:
    return f"CREATE TEMP TABLE IF NOT EXISTS batch_entry (place INTEGER PRIMARY KEY, {', '.join(columns)})"


@cache
def _recipient_insert(columns: tuple[str, ...]) -> str:
    return (
        f"INSERT INTO recipient ({', '.join(columns)}) "
        f"SELECT ? + message.key, one.key, {', '.join(f'entry.{name}' for name in columns[2:])} "
        "FROM json_each(?) AS message, json_each(message.value) AS one "
        # CROSS JOIN keeps this order of loops (SQLite's documentation of CROSS JOIN).
        "CROSS JOIN temp.batch_entry AS entry ON entry.place = one.value"
    )


@cache
def _sqlite_insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def chunks(values: Sequence[T], size: int = _CHUNK) -> Iterable[Sequence[T]]:
    """Cut a sequence into pieces that fit one IN list."""
    return (values[start : start + size] for start in range(0, len(values), size))
