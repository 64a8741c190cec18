"""Bulk inserts: prepared tuples on SQLite, COPY on PostgreSQL."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.exc import DBAPIError

T = TypeVar("T")

_CHUNK = 500
"""Values in one IN list; SQLite of old takes 999 parameters."""


def insert_rows(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    *,
    rare: int = 0,
) -> None:
    """
    Insert rows whose values stand in the order of `columns`, within the connection's transaction.

    Args:
        connection: With a transaction begun.

        table: Where to.

        columns: Names, rarely filled ones last.

        rows: Their values.

        rare: How many of the last columns are NULL in most rows.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        if rare:
            # Each bound value costs, NULL too: five columns of nine take half the time.
            nothing = (None,) * rare
            short = [row[:-rare] for row in rows if row[-rare:] == nothing]
            if short:
                connection.exec_driver_sql(_sqlite_insert(table.name, columns[:-rare]), short)
            rows = [row for row in rows if row[-rare:] != nothing]
        if rows:
            # Straight to the driver: per row, SQLAlchemy's own parameter handling costs more than the insert.
            connection.exec_driver_sql(_sqlite_insert(table.name, columns), list(rows))
        return
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    statement = f"COPY {table.name} ({', '.join(columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statement, None, error, hide_parameters=True) from error


@cache
def _sqlite_insert(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def chunks(values: Sequence[T], size: int = _CHUNK) -> Iterable[Sequence[T]]:
    """Cut a sequence into pieces that fit one IN list."""
    return (values[start : start + size] for start in range(0, len(values), size))
