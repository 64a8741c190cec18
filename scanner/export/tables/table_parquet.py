"""One table as Parquet, with typed columns; needs the extra `[parquet]`."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from scanner.columns import Table, sheet
from scanner.errors import UsageError
from scanner.export.request import Request
from scanner.export.tables.fill import fill
from scanner.export.tables.flat import FlatColumn, flat_columns, flat_row
from scanner.export.words.moment import Clock
from scanner.model import Progress, Report, is_dated

try:
    import pyarrow
    import pyarrow.parquet
except ImportError as missing:
    raise UsageError(
        "Parquet needs a library that is not installed", where=".parquet", remedy="pip install 'blindcopy[parquet]'"
    ) from missing

_GROUP = 50_000
"""Rows held in memory; each group can be read alone."""


class ParquetTable:
    """
    Writes rows of one table.

    Args:
        file: Takes the bytes.

        table: Columns, in order.

        clock: For local times.
    """

    def __init__(self, file: BinaryIO, table: Table, clock: Clock) -> None:
        self._columns = flat_columns(table, clock)
        self._moments = [place for place, column in enumerate(self._columns) if _is_moment(column)]
        self._schema = pyarrow.schema([(column.name, _type(column)) for column in self._columns])
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[list[Any]] = []

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one row."""
        values = flat_row(self._columns, row)
        for place in self._moments:
            moment = row.get(self._columns[place].source)
            values[place] = None if moment is None or not is_dated(moment) else moment
        self._rows.append(values)
        if len(self._rows) == _GROUP:
            self._write()

    def close(self) -> None:
        """Write what is left; the file stays open."""
        if self._rows:
            self._write()
        self._writer.close()

    def _write(self) -> None:
        arrays = [
            pyarrow.array(values, kind)
            for values, kind in zip(zip(*self._rows, strict=True), self._schema.types, strict=True)
        ]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []


def write(report: Report, file: BinaryIO, progress: Progress | None, request: Request) -> None:
    """Write the table that is asked for."""
    table = ParquetTable(file, sheet(request.table), Clock(report.head.time_zone))
    fill(report, {request.table: table}, progress)
    table.close()


def _is_moment(column: FlatColumn) -> bool:
    return column.type == "time" and column.name == column.source


def _type(column: FlatColumn) -> Any:
    match column.type:
        case "integer" | "number" | "count":
            return pyarrow.int64()
        case "flag":
            return pyarrow.bool_()
        case "time" if _is_moment(column):
            # Whole seconds: a Date field may claim a year that nanoseconds do not reach.
            return pyarrow.timestamp("s", tz="UTC")
        case _:
            return pyarrow.string()
