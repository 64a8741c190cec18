"""Open and create the store; whatever the database reports becomes an error of ours."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from scanner.errors import StoreBusyError, StoreError, StoreFullError, StoreMissingError, StoreVersionError
from scanner.store import schema

_SECRET_QUERY = ("password", "passfile", "sslpassword", "sslkey")
"""Parts of a URL's query that libpq takes and nobody else needs to see."""


def store_url(store: str) -> URL:
    """
    Return the SQLAlchemy URL of a store given as a path or a URL.

    Raises:
        StoreError: The URL cannot be read or names an unsupported database.
    """
    if "://" not in store:
        return URL.create("sqlite", database=store)
    try:
        url = make_url(store)
    # A port that is no number is a ValueError of int() (SQLAlchemy 2).
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "the store's URL cannot be read", where="[store] url", remedy="Give a path or postgresql://host/name"
        ) from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"{url.get_backend_name()} is not supported",
            where="[store] url",
            remedy="Use a path (SQLite) or postgresql://host/name",
        )
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreError("the URL names no file", where="[store] url", remedy="Give a path or postgresql://host/name")
    # psycopg 3 is the driver that the extra installs; a plain postgresql:// would ask for psycopg2.
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def describe(url: URL) -> str:
    """Return the store's place for messages, without a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.difference_update_query(_SECRET_QUERY).render_as_string(hide_password=True)


@contextmanager
def store_errors(url: URL) -> Iterator[None]:
    """
    Turn database errors into ours, in this one place.

    Raises:
        StoreFullError: No space left on the device.

        StoreBusyError: Another process writes to the store.

        StoreError: Everything else the database reports.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        where = describe(url)
        code = getattr(cause, "sqlite_errorname", "") or getattr(cause, "sqlstate", "") or ""
        if code.startswith("SQLITE_FULL") or code == "53100" or "disk is full" in str(cause):
            raise StoreFullError(
                "no space left on the device; what was committed is kept",
                where=where,
                remedy="Free some space, then run the same command again",
            ) from error
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreBusyError(
                "another program writes to the store", where=where, remedy="Wait until it has ended"
            ) from error
        if code.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            raise StoreError(
                "the file is not a readable SQLite database", where=where, remedy="Name another file or restore it"
            ) from error
        if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR")):
            raise StoreError(
                "the file cannot be opened or written", where=where, remedy="Check the folder's permissions and space"
            ) from error
        if isinstance(error, OperationalError) and not code:
            # libpq gives no SQLSTATE when there is no session yet.
            raise StoreError(
                "the database cannot be reached, or refuses the user name or password",
                where=where,
                remedy="Check [store] url and that the database runs",
            ) from error
        # The database's own text may quote values of rows: only its class is shown.
        raise StoreError(
            f"the database reports {type(cause).__name__} {code}".strip(),
            where=where,
            remedy="Check that the database is reachable and the user may write",
        ) from error


def open_engine(store: str, *, read_only: bool = False, is_bulk: bool = False) -> Engine:
    """
    Open an existing store of this version.

    Args:
        store: As `[store] url` has it.

        read_only: Nothing can be written.

        is_bulk: For a writer that numbers all rows itself: SQLite then looks up no references.

    Raises:
        StoreMissingError: There is no store.

        StoreVersionError: It was made by a newer Blindcopy.

        StoreError: It cannot be opened, or is something else.
    """
    url = _existing(store)
    # Looked at before anything is changed: switching to WAL would rewrite somebody else's file.
    with store_errors(url), disposing(_make_engine(url, read_only=True)) as looking:
        _check_revision(looking, url)
    return _make_engine(url, read_only=read_only, is_bulk=is_bulk)


def _existing(store: str) -> URL:
    url = store_url(store)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise StoreMissingError(
            "there is no store", where=describe(url), remedy="Run `blindcopy init` or `blindcopy scan`"
        )
    return url


def open_older(store: str) -> Engine:
    """
    Open a store whatever version of Blindcopy made it, to bring it up to date.

    Raises:
        StoreMissingError: There is no store.

        StoreError: The database is no store, or was made by a newer Blindcopy.
    """
    url = _existing(store)
    with store_errors(url), disposing(_make_engine(url, read_only=True)) as looking:
        try:
            _check_revision(looking, url)
        except StoreVersionError:
            if (_revision(looking) or "") > schema.SCHEMA_REVISION:
                raise
    return _make_engine(url, read_only=False)


def create_store(store: str) -> Engine:
    """
    Open a store and make it first where there is none; SQLite files get mode 0600.

    Raises:
        StoreVersionError: It was made by a newer Blindcopy.

        StoreError: It cannot be made.
    """
    url = store_url(store)
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Owner-only from its first moment; SQLite gives -wal and -shm the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(
                f"the store cannot be made ({error.strerror})", where=str(path), remedy="Name a folder you may write to"
            ) from error
    with store_errors(url), disposing(_make_engine(url, read_only=True)) as looking:
        if _revision(looking) is None and not inspect(looking).get_table_names():
            with disposing(_make_engine(url, read_only=False)) as engine, engine.begin() as connection:
                schema.create_all(connection)
        _check_revision(looking, url)
    return _make_engine(url, read_only=False)


@contextmanager
def disposing(engine: Engine) -> Iterator[Engine]:
    """Give an engine and close its connections at the end; SQLite then folds its log into the file."""
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose reads all see the store of one moment, whatever is written meanwhile."""
    level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else None
    source = engine.execution_options(isolation_level=level) if level else engine
    with source.connect() as connection:
        yield connection


def _make_engine(url: URL, *, read_only: bool, is_bulk: bool = False) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, hide_parameters=True, connect_args={"timeout": 30})
            _prepare_sqlite(engine, read_only=read_only, is_bulk=is_bulk)
        else:
            engine = create_engine(url, hide_parameters=True)
            if read_only:
                event.listen(engine, "connect", _read_only)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            "the PostgreSQL driver is not installed",
            where="[store] url",
            remedy="Install it: pip install 'blindcopy[postgresql]'",
        ) from error
    return engine


def _read_only(connection: Any, _record: object) -> None:
    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    connection.commit()


def _prepare_sqlite(engine: Engine, *, read_only: bool, is_bulk: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        # sqlite3's own transaction control would commit in places we did not choose.
        connection.isolation_level = None
        connection.execute(f"PRAGMA foreign_keys = {'OFF' if is_bulk else 'ON'}")
        # What is sorted or kept aside for a moment is mail data too: never in files outside the store.
        connection.execute("PRAGMA temp_store = MEMORY")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            # A killed process loses nothing that was committed; only a power cut may take the newest commits.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if is_bulk:
                # 32 MB of pages between checkpoints, each of which writes the same pages of the indexes again.
                connection.execute("PRAGMA wal_autocheckpoint = 8000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def revision(engine: Engine) -> str:
    """Return which version of the schema a store has, "" when it is none."""
    return _revision(engine) or ""


def _revision(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _check_revision(engine: Engine, url: URL) -> None:
    found = _revision(engine)
    if found == schema.SCHEMA_REVISION:
        return
    if found is None:
        raise StoreError(
            "this database is not a Blindcopy store", where=describe(url), remedy="Name another file in [store] url"
        )
    if found > schema.SCHEMA_REVISION:
        raise StoreVersionError(
            f"the store was made by a newer Blindcopy (revision {found}, this one knows {schema.SCHEMA_REVISION})",
            where=describe(url),
            remedy="Update Blindcopy",
        )
    raise StoreVersionError(
        f"the store is older than this Blindcopy (revision {found})",
        where=describe(url),
        remedy="Copy the store, then run `blindcopy db upgrade`",
    )
