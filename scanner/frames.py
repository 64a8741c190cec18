"""
Face 1, the notebook: the store as pandas DataFrames.

    import scanner

    with scanner.open_store("blindcopy.db") as store:
        store.incidents()

A saved notebook is easily passed on, so whatever names somebody is shown as
a keyed pseudonym unless names are asked for. Columns, their units and their
meaning stand in reports/columns.toml and in `describe()`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias, overload

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from scanner import columns
from scanner.columns import Column, Table
from scanner.errors import UsageError
from scanner.export.hiding import Hider
from scanner.export.tables import rows
from scanner.model import Report, is_dated
from scanner.pipeline.reporting.report import open_stored_report
from scanner.pseudonym import Pseudonymiser, load_key
from scanner.store.coverage import coverage_rows
from scanner.store.engine import open_engine, store_errors
from scanner.store.gaps import open_gaps
from scanner.store.view import VIEWS, create_views

Frame: TypeAlias = pd.DataFrame

FrameName: TypeAlias = Literal[
    "messages", "recipients", "incidents", "reasons", "exposures", "people", "coverage", "gaps"
]

_PIECE = 50_000
"""Rows fetched at a time when a whole frame is asked for."""


def open_store(store: str | Path, names: bool = False, *, key_file: str | Path | None = None) -> "Store":
    """
    Open a store for reading; nothing in it can be changed.

    Args:
        store: Path of a SQLite store, or the URL of a PostgreSQL one.

        names: True shows addresses, names, subjects, Message-IDs, accounts
            and mailboxes as they are. False shows pseudonyms such as
            `address-3f9c2b71d04e`; equal values get equal ones, in all frames.

        key_file: Holds the key of the pseudonyms, and is made with mode 0600
            if it is not there: with it they are the same in every run. Default:
            the store's path with `.key` added. A PostgreSQL store, or a folder
            that cannot be written, has none, and a warning says so.

    Raises:
        StoreMissingError: There is no store.

        StoreVersionError: It needs another version of Blindcopy.

        StoreError: It cannot be opened.
    """
    place = str(store)
    engine = open_engine(place, read_only=True)
    if names:
        return Store(engine, None)
    if key_file is None and "://" not in place:
        key_file = f"{place}.key"
    return Store(engine, Pseudonymiser(load_key(Path(key_file) if key_file else None)))


class Store(AbstractContextManager["Store"]):
    """
    Frames over one store; made by `open_store`.

    Types: text is `string`, whole numbers are `Int64`, yes/no is `boolean`,
    moments are `datetime64[s, UTC]`; all four may hold NA. A column of
    several texts holds tuples.
    """

    def __init__(self, engine: Engine, pseudonymiser: Pseudonymiser | None) -> None:
        self._opened: Engine | None = engine
        self._hide = Hider(pseudonymiser).text if pseudonymiser else None
        self._asking: Connection | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; frames that were made stay, and no more can be made."""
        if self._asking is not None:
            # A connection with our views and their guard must not be used for anything else.
            self._asking.invalidate()
            self._asking.close()
            self._asking = None
        if self._opened is not None:
            self._opened.dispose()
            self._opened = None

    # --- rows of the store -------------------------------------------------------

    @overload
    def messages(self, *, chunksize: None = None) -> Frame: ...
    @overload
    def messages(self, *, chunksize: int) -> Iterator[Frame]: ...
    def messages(self, *, chunksize: int | None = None) -> Frame | Iterator[Frame]:
        """
        Return one row per message, or frames of `chunksize` rows one after the other.

        Columns: `describe("messages")`. A message is one identity however
        many copies of it are stored.
        """
        return self._view("messages", chunksize)

    @overload
    def recipients(self, *, chunksize: None = None) -> Frame: ...
    @overload
    def recipients(self, *, chunksize: int) -> Iterator[Frame]: ...
    def recipients(self, *, chunksize: int | None = None) -> Frame | Iterator[Frame]:
        """
        Return one row per address entry of every message, or frames of `chunksize` rows.

        Columns: `describe("recipients")`. Senders are rows too (field from,
        sender, reply-to). The class columns are NA before the first analysis.
        """
        return self._view("recipients", chunksize)

    def reasons(self) -> Frame:
        """Return one row per queued incident and reason; their points add up to the score."""
        return self._whole("reasons")

    def coverage(self) -> Frame:
        """Return one row per mailbox epoch: what was listed, stored, vanished and unreadable."""
        with store_errors(self._engine.url), self._engine.connect() as connection:
            return self._frame("coverage", (rows.coverage_row(row) for row in coverage_rows(connection)))

    def gaps(self) -> Frame:
        """Return one row per open gap: what could not be examined."""
        with store_errors(self._engine.url), self._engine.connect() as connection:
            return self._frame("gaps", (rows.gap_row(gap) for gap in open_gaps(connection)))

    # --- results of the newest analysis -------------------------------------------

    def incidents(self) -> Frame:
        """Return one row per queued incident with its whole ladder, by rank."""
        with self._report() as report:
            return self._frame("incidents", map(rows.incident_row, report.incidents()))

    def exposures(self) -> Frame:
        """Return one row per message of a queued incident and address it exposed (exposure_events)."""
        with self._report() as report:
            return self._frame("exposures", (row for one in report.incidents() for row in rows.exposure_rows(one)))

    def people(self) -> Frame:
        """Return one row per exposed person over all queued incidents."""
        with self._report() as report:
            return self._frame("people", map(rows.person_row, report.people()))

    # --- own questions --------------------------------------------------------------

    def sql(self, query: str, parameters: Mapping[str, Any] | None = None) -> Frame:
        """
        Return the answer to a query over the views messages, recipients and reasons.

        The views have the columns of the frames of these names; moments are
        seconds since 1970-01-01 UTC. Without names the views show the same
        pseudonyms as the frames, and the tables behind them are closed.

        Args:
            query: One SELECT, with `:name` for parameters.

            parameters: Name → value.

        Raises:
            UsageError: The database refuses the query, or names are not
                asked for and the store is not SQLite.
        """
        connection = self._asking or self._open_views()
        try:
            result = connection.execute(text(query), dict(parameters or {}))
            frame = pd.DataFrame(result.fetchall(), columns=list(result.keys()))
            connection.rollback()
        except SQLAlchemyError as error:
            connection.rollback()
            cause = getattr(error, "orig", None) or error
            raise UsageError(f"the query was refused: {cause}", remedy="describe() names views and columns") from error
        return frame

    def describe(self, frame: FrameName | None = None) -> Frame:
        """
        Return what the columns mean: frame, column, type, unit, meaning, source, personal.

        Args:
            frame: Only this one; None = all.
        """
        tables = columns.frames() if frame is None else {frame: columns.frame(frame)}
        fields = ("type", "unit", "meaning", "source", "personal")
        return pd.DataFrame(
            [
                {"frame": table.name, "column": column.name} | {field: getattr(column, field) for field in fields}
                for table in tables.values()
                for column in table.columns
            ]
        )

    # --- inside -----------------------------------------------------------------------

    @property
    def _engine(self) -> Engine:
        if self._opened is None:
            raise UsageError("the store is closed", remedy="Open it again with open_store()")
        return self._opened

    def _report(self) -> AbstractContextManager[Report]:
        return open_stored_report(self._engine)

    def _view(self, name: FrameName, chunksize: int | None) -> Frame | Iterator[Frame]:
        if chunksize is None:
            return self._whole(name)
        if chunksize < 1:
            raise UsageError("a chunk has at least one row", where=f"chunksize={chunksize}")
        return self._pieces(name, chunksize)

    def _whole(self, name: FrameName) -> Frame:
        pieces = list(self._pieces(name, _PIECE))
        return pd.concat(pieces, ignore_index=True) if pieces else self._frame(name, ())

    def _pieces(self, name: FrameName, size: int) -> Iterator[Frame]:
        view = VIEWS[name]
        table = columns.frame(name)
        query = f"{view.select(self._engine.dialect.name)} ORDER BY {view.order}"
        order = list(view.columns)
        with store_errors(self._engine.url), self._engine.connect() as connection:
            result = connection.execution_options(stream_results=True, yield_per=size).exec_driver_sql(query)
            for piece in result.partitions(size):
                values = dict(zip(order, zip(*piece, strict=True), strict=True))
                yield self._typed(table, values)

    def _frame(self, name: FrameName, found: Iterable[Mapping[str, Any]]) -> Frame:
        table = columns.frame(name)
        values: dict[str, list[Any]] = {column.name: [] for column in table.columns}
        for row in found:
            for column, cells in values.items():
                cells.append(row.get(column))
        return self._typed(table, values)

    def _typed(self, table: Table, values: Mapping[str, Iterable[Any]]) -> Frame:
        return pd.DataFrame({column.name: self._series(column, list(values[column.name])) for column in table.columns})

    def _series(self, column: Column, cells: list[Any]) -> "pd.Series[Any]":
        if column.type == "time":
            return _times(cells)
        if column.type in ("integer", "count"):
            return pd.Series(cells, dtype="Int64")
        if column.type == "flag":
            return pd.Series([None if cell is None else bool(cell) for cell in cells], dtype="boolean")
        hide = self._hide if column.personal else None
        if column.type in ("texts", "lines"):
            return pd.Series(
                [tuple(hide(column.personal, part) for part in cell) if hide else tuple(cell) for cell in cells],
                dtype="object",
            )
        if hide:
            # A name comes back in thousands of rows: its pseudonym is computed once.
            known = {cell: hide(column.personal, cell) for cell in set(cells) if cell is not None}
            cells = [known.get(cell) for cell in cells]
        return pd.Series(cells, dtype="string")

    def _open_views(self) -> Connection:
        if self._hide is not None and self._engine.dialect.name != "sqlite":
            raise UsageError(
                "only SQLite stores can be asked in SQL without names",
                where="sql()",
                remedy="Open the store with names=True, or use the frames",
            )
        personal = {name: {c.name: c.personal for c in columns.frame(name).columns if c.personal} for name in VIEWS}
        with store_errors(self._engine.url):
            self._asking = self._engine.connect()
            create_views(self._asking, personal, self._hide)
        return self._asking


def _times(cells: list[Any]) -> "pd.Series[Any]":
    # Seconds, not nanoseconds: a Date field may claim a year that 64 bits of nanoseconds cannot hold.
    missing = np.iinfo(np.int64).min
    seconds = np.array([missing if cell is None or not is_dated(cell) else cell for cell in cells], dtype=np.int64)
    return pd.Series(seconds.view("datetime64[s]")).dt.tz_localize("UTC")
