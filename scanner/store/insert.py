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
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """
    Insert rows whose values stand in the order of `columns`, within the connection's transaction.

    Raises:
        SQLAlchemyError: The database refuses them; COPY's own errors are wrapped as those of statements are.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
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
