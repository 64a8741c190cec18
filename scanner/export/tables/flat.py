"""
Tables as plain values, for files that programs read: machine names, whole numbers, UTC.

A time has two columns: `sent_at` in UTC and `sent_at_local` in the
organisation's zone, each ISO 8601 with its offset. Several texts in one cell
are joined by "; ". What a person fills in is left out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.columns import Column, ColumnType, Table
from scanner.export.words.moment import Clock, iso_sent, iso_utc
from scanner.export.words.text import visible
from scanner.export.words.wording import wording
from scanner.model import is_dated

_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class FlatColumn:
    """One column of a file."""

    name: str
    type: ColumnType
    source: str
    """Name in the row."""

    value: Callable[[Any], str | int | bool | None]
    """Turns the row's value into what is written."""


def flat_columns(table: Table, clock: Clock) -> list[FlatColumn]:
    """Return the columns of a table in order."""
    return [flat for column in table.columns for flat in _flat(column, clock)]


def flat_row(columns: list[FlatColumn], row: Mapping[str, Any]) -> list[str | int | bool | None]:
    """Return the values of a row; a column that the row does not name is None."""
    return [column.value(row.get(column.source)) for column in columns]


def _flat(column: Column, clock: Clock) -> Iterator[FlatColumn]:
    def column_of(name: str, value: Callable[[Any], str | int | bool | None]) -> FlatColumn:
        return FlatColumn(name, column.type, column.name, value)

    match column.type:
        case "entry":
            return
        case "time":
            yield column_of(column.name, iso_sent)
            yield column_of(f"{column.name}_local", lambda moment: _local(clock, moment))
        case "integer" | "number" | "count" | "flag":
            yield column_of(column.name, lambda value: value)
        case "texts" | "lines":
            yield column_of(column.name, lambda texts: _SEPARATOR.join(map(visible, texts or ())) or None)
        case _:
            yield column_of(column.name, lambda text: visible(text) if text else None)


def _local(clock: Clock, moment: int | None) -> str | None:
    if moment is not None and not is_dated(moment):
        return str(wording()["no_date"])
    at = None if moment is None else clock.local(moment)
    return iso_utc(moment) if at is None else at.isoformat()
