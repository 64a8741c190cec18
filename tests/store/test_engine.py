"""How a store is made, opened and refused, and what its errors say."""

import logging
import os
import pickle
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy import exc as sqlalchemy_errors
from sqlalchemy.engine import make_url

from scanner.errors import (
    ScannerError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreMissingError,
    StoreVersionError,
)
from scanner.store.engine import create_store, describe, open_engine, snapshot, store_errors, store_url
from scanner.store.lock import store_lock
from scanner.store.schema import account, message, message_copy
from tests.shelf import Shelf, guests, letter

NOBODY = 65534


def _place(engine: Engine) -> str:
    return describe(engine.url) if engine.dialect.name == "sqlite" else str(engine.url)


# --- files and modes ---------------------------------------------------------


def test_the_files_of_a_store_are_the_owners_alone(tmp_path: Path) -> None:
    """Database, log, shared memory and lock: mode 0600, whatever the umask; a folder that is made: 0700."""
    path = tmp_path / "new" / "blindcopy.db"
    before = os.umask(0)
    try:
        engine = create_store(str(path))
        with store_lock(engine), engine.begin() as connection:
            connection.execute(account.insert().values(name="a", host="h", login="l"))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)

    assert modes == dict.fromkeys(("blindcopy.db", "blindcopy.db-wal", "blindcopy.db-shm", "blindcopy.db.lock"), 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_existing_store_is_opened_as_it_is(store: str) -> None:
    """Making a store that is there keeps what it holds."""
    first = create_store(store)
    with first.begin() as connection:
        connection.execute(account.insert().values(name="a", host="h", login="l"))
    first.dispose()

    again = create_store(store)

    with again.connect() as connection:
        assert connection.execute(select(account.c.name)).scalars().all() == ["a"]
    again.dispose()


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    """A process that was killed while it made the store leaves such a file."""
    path = tmp_path / "blindcopy.db"
    path.touch()

    create_store(str(path)).dispose()

    open_engine(str(path)).dispose()


def test_reading_needs_no_writing(store: str) -> None:
    """What is opened for reading refuses every change."""
    create_store(store).dispose()
    engine = open_engine(store, read_only=True)

    with pytest.raises(StoreError), store_errors(engine.url), engine.begin() as connection:
        connection.execute(account.insert().values(name="a", host="h", login="l"))
    engine.dispose()


def test_a_snapshot_does_not_see_what_is_written_meanwhile(engine: Engine) -> None:
    """A report that is read while a scan writes speaks of one moment."""
    reading = open_engine(_place(engine), read_only=True)
    query = select(func.count()).select_from(account)

    with snapshot(reading) as connection:
        before = connection.execute(query).scalar_one()
        with engine.begin() as writing:
            writing.execute(account.insert().values(name="a", host="h", login="l"))
        during = connection.execute(query).scalar_one()
    with snapshot(reading) as connection:
        after = connection.execute(query).scalar_one()
    reading.dispose()

    assert (before, during, after) == (0, 0, 1)


# --- what is refused ---------------------------------------------------------


def _line(error: ScannerError, *words: str) -> None:
    shown = str(error)
    assert "\n" not in shown
    assert error.remedy
    for word in words:
        assert word in shown


def test_a_missing_store_is_named(tmp_path: Path) -> None:
    """Opening makes nothing and says how to make one."""
    path = tmp_path / "none.db"

    with pytest.raises(StoreMissingError) as caught:
        open_engine(str(path))

    _line(caught.value, str(path), "blindcopy init")
    assert not path.exists()


@pytest.mark.parametrize(("revision", "word"), [("9999", "newer"), ("0000", "older")])
def test_a_store_of_another_version_is_refused(revision: str, word: str, store: str) -> None:
    """Neither opening nor making touches it."""
    engine = create_store(store)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    engine.dispose()

    for attempt in (open_engine, create_store):
        with pytest.raises(StoreVersionError) as caught:
            attempt(store)
        _line(caught.value, word, revision)


def _foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()


def _text_file(path: Path) -> None:
    path.write_text("These are minutes of a meeting, not a database.\n" * 40)


def _half_a_store(path: Path) -> None:
    create_store(str(path)).dispose()
    path.write_bytes(path.read_bytes()[:5_000])


@pytest.mark.parametrize("make", [_foreign, _text_file, _half_a_store])
def test_a_file_that_is_no_store_is_refused_and_left_alone(make: Callable[[Path], None], tmp_path: Path) -> None:
    """Somebody else's database, a text file, a damaged store: one line, and not a byte changed."""
    path = tmp_path / "other.db"
    make(path)
    before = path.read_bytes()

    for attempt in (open_engine, create_store):
        with pytest.raises(StoreError) as caught:
            attempt(str(path))
        _line(caught.value, str(path))

    assert path.read_bytes() == before


def test_a_foreign_postgresql_database_is_refused(postgresql_url: str) -> None:
    """Tables that are not ours: nothing is added to them."""
    engine = create_store(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()

    with pytest.raises(StoreError) as caught:
        create_store(postgresql_url)

    _line(caught.value, "not a Blindcopy store")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    """A folder where a file should be is said so, for opening as for making."""
    for attempt in (open_engine, create_store):
        with pytest.raises(StoreError) as caught:
            attempt(str(tmp_path))
        _line(caught.value, str(tmp_path))


def test_a_file_where_a_folder_should_be_is_one_line(tmp_path: Path) -> None:
    """The folder of the store cannot be made."""
    (tmp_path / "file").touch()

    with pytest.raises(StoreError) as caught:
        create_store(str(tmp_path / "file" / "blindcopy.db"))

    _line(caught.value, "file/blindcopy.db")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that everybody may read and only the owner may write."""
    folder = Path(tempfile.mkdtemp(prefix="bc-store-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _as_other_user(action: Callable[[], object]) -> ScannerError | None:
    """Run in a process of another user; root may write everywhere. Return the error it raises."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        found: ScannerError | None = None
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            action()
        except ScannerError as error:
            found = error
        finally:
            parts = (type(found), found.what, found.where, found.remedy) if found else None
            os.write(writing, pickle.dumps(parts))
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        parts = pickle.loads(answer.read())
    os.waitpid(child, 0)
    return parts[0](parts[1], where=parts[2], remedy=parts[3]) if parts else None


def test_a_folder_that_may_not_be_written_is_one_line(open_folder: Path) -> None:
    """Whoever makes a store or takes its lock there is told about permissions."""
    store = open_folder / "blindcopy.db"
    create_store(str(store)).dispose()
    store.chmod(0o644)
    open_folder.chmod(0o555)

    def lock() -> None:
        engine = open_engine(str(store), read_only=True)
        with store_lock(engine):
            pass

    for action in (lambda: create_store(str(open_folder / "new.db")), lambda: create_store(str(store)), lock):
        error = _as_other_user(action)
        assert isinstance(error, StoreError)
        _line(error, str(open_folder))


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("postgresql://corp:secret@127.0.0.1:1/blindcopy", "reached"),
        ("postgresql://corp@127.0.0.1:1/blindcopy?password=secret", "reached"),
        ("postgresql://corp:secret@nowhere.invalid/blindcopy", "reached"),
        ("postgresql://corp:secret@127.0.0.1:port/blindcopy", "cannot be read"),
        ("://secret", "cannot be read"),
        ("mysql://corp:secret@127.0.0.1/blindcopy", "mysql"),
        ("postgresql+nodriver://corp:secret@127.0.0.1/blindcopy", "driver"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_leads_nowhere_is_one_line(url: str, word: str) -> None:
    """What is wrong, what to do, and no password."""
    for attempt in (open_engine, create_store):
        with pytest.raises(StoreError) as caught:
            attempt(url)
        _line(caught.value, word)
        assert "secret" not in str(caught.value)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without psycopg the line says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(StoreError) as caught:
        open_engine("postgresql://corp@127.0.0.1:1/blindcopy")

    _line(caught.value, "blindcopy[postgresql]")


def test_plain_postgresql_urls_use_the_driver_of_the_extra() -> None:
    """SQLAlchemy alone would ask for psycopg2, which nobody installed."""
    assert store_url("postgresql://corp@db.corp.example/blindcopy").drivername == "postgresql+psycopg"


def test_a_place_is_described_without_secrets() -> None:
    """The password is left out wherever libpq would take it."""
    url = make_url("postgresql+psycopg://corp:secret@db.corp.example/store?password=secret&sslpassword=secret")

    assert "secret" not in describe(url)
    assert "db.corp.example/store" in describe(url)


# --- errors ------------------------------------------------------------------


def _all_errors() -> list[BaseException]:
    import psycopg

    found: list[BaseException] = []
    pending: list[type[BaseException]] = [sqlite3.Error, psycopg.Error, sqlalchemy_errors.SQLAlchemyError]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        is_plain = "__init__" not in vars(kind)
        if issubclass(kind, sqlalchemy_errors.DBAPIError):
            found.append(kind("INSERT", {"key": "ada@guests.example"}, Exception("ada@guests.example")))
        elif issubclass(kind, psycopg.Error):
            # The drivers' errors always come wrapped; see insert_rows for COPY.
            found.append(sqlalchemy_errors.DBAPIError("INSERT", None, kind("ada@guests.example")))
        elif not issubclass(kind, sqlalchemy_errors.SQLAlchemyError) or is_plain:
            found.append(kind("ada@guests.example"))
    return found


def test_every_database_error_becomes_ours_and_quotes_nothing() -> None:
    """Each class that sqlite3, psycopg and SQLAlchemy know, those of later versions included."""
    url = make_url("postgresql+psycopg://corp:secret@db.corp.example/store")
    errors = _all_errors()

    for error in errors:
        with pytest.raises(StoreError) as caught, store_errors(url):
            raise error
        _line(caught.value)
        assert "ada" not in str(caught.value)
        assert "secret" not in str(caught.value)

    assert len(errors) > 200


def _sqlite_error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("ada@guests.example")
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        ("SQLITE_FULL", StoreFullError, "space"),
        ("SQLITE_BUSY", StoreBusyError, "another program"),
        ("SQLITE_BUSY_SNAPSHOT", StoreBusyError, "another program"),
        ("SQLITE_LOCKED", StoreBusyError, "another program"),
        ("SQLITE_NOTADB", StoreError, "not a readable SQLite database"),
        ("SQLITE_CORRUPT_VTAB", StoreError, "not a readable SQLite database"),
        ("SQLITE_READONLY_DIRECTORY", StoreError, "permissions"),
        ("SQLITE_CANTOPEN", StoreError, "permissions"),
        ("SQLITE_IOERR_WRITE", StoreError, "space"),
        ("SQLITE_TOOBIG", StoreError, "SQLITE_TOOBIG"),
    ],
)
def test_what_sqlite_reports_is_told_apart(name: str, kind: type[StoreError], word: str) -> None:
    """SQLite's own code decides, with its extended forms."""
    wrapped = sqlalchemy_errors.OperationalError("INSERT", None, _sqlite_error(name))

    for error in (wrapped, _sqlite_error(name)):
        with pytest.raises(StoreError) as caught, store_errors(make_url("sqlite:///blindcopy.db")):
            raise error
        assert type(caught.value) is kind
        _line(caught.value, word)


def test_a_full_postgresql_disk_is_a_full_store() -> None:
    """SQLSTATE 53100, disk_full (PostgreSQL, Appendix A)."""
    import psycopg

    error = sqlalchemy_errors.OperationalError("COPY", None, psycopg.errors.DiskFull("no space"))

    with pytest.raises(StoreFullError), store_errors(make_url("postgresql+psycopg://db.corp.example/store")):
        raise error


def test_other_errors_pass_through() -> None:
    """A fault of our own is never dressed up as one of the database."""
    with pytest.raises(ZeroDivisionError), store_errors(make_url("sqlite:///blindcopy.db")):
        raise ZeroDivisionError


def test_the_log_holds_no_row(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """With everything logged, neither what is written nor what is read shows."""
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.INFO, "sqlalchemy"):
        other = create_store(_place(engine))
        shelf = Shelf(other)
        shelf.put(shelf.place(account="office@corp.example"), [letter(1, guests(3), subject="Telltale")])
        with other.connect() as connection:
            connection.execute(select(message)).all()
        other.dispose()

    assert caplog.text
    for word in ("guest1", "Telltale", "office@corp"):
        assert word not in caplog.text


@contextmanager
def _pages(engine: Engine, count: int) -> Iterator[None]:
    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {count}").fetchall()

    engine.dispose()
    event.listen(engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        engine.dispose()


def test_a_full_disk_keeps_what_was_committed(tmp_path: Path) -> None:
    """The batch that did not fit is gone as a whole, those before it can be read, and with space it goes on."""
    engine = create_store(str(tmp_path / "blindcopy.db"))
    shelf = Shelf(engine)
    place = shelf.place()
    shelf.put(place, [letter(uid, guests(3)) for uid in range(1, 101)])
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    more = [letter(uid, guests(3, first=uid)) for uid in range(101, 1_101)]

    with _pages(engine, pages + 20):
        with pytest.raises(StoreFullError) as caught, store_errors(engine.url):
            shelf.put(place, more)
        with engine.connect() as connection:
            kept = connection.execute(select(func.count()).select_from(message_copy)).scalar_one()
    again = Shelf(engine)
    again.put(again.place(), more)

    _line(caught.value, "space")
    assert kept == 100
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(message_copy)).scalar_one() == 1_100
