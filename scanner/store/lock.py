"""Who may work on the store: one scan, one analysis, one writing process at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text

from scanner.errors import StoreBusyError, StoreError
from scanner.store.engine import describe

# An arbitrary, fixed number: one advisory lock per PostgreSQL database.
_ADVISORY_LOCK = 0x626C696E64


@contextmanager
def store_lock(engine: Engine) -> Iterator[None]:
    """
    Hold the store's lock: one scan at a time. Analyses have a lock of their own (`analysis_lock`).

    The lock ends with the process, also after kill -9.

    Raises:
        StoreBusyError: Somebody else holds it.

        StoreError: The lock file cannot be made.
    """
    where = describe(engine.url)
    busy = StoreBusyError("another scan is running", where=where, remedy="Wait until it has ended")
    if engine.url.get_backend_name() == "sqlite":
        with _file_lock(f"{where}.lock", busy):
            # The writing process of a scan that was killed may still commit what it had received.
            if Path(_writer_lock_name(engine)).exists():
                with writer_lock(engine):
                    pass
            yield
        return
    with _advisory_lock(engine, _ADVISORY_LOCK, busy):
        yield


@contextmanager
def analysis_lock(engine: Engine, *, timeout: float = 0) -> Iterator[None]:
    """
    Hold the lock of analyses: one at a time, also while a scan runs.

    Args:
        engine: Of the store.

        timeout: Seconds to wait for it.

    Raises:
        StoreBusyError: Somebody else still holds it by then.

        StoreError: The lock file cannot be made.
    """
    where = describe(engine.url)
    busy = StoreBusyError("another analysis is running", where=where, remedy="Wait until it has ended")
    is_file = engine.url.get_backend_name() == "sqlite"
    lock = _file_lock(f"{where}.analysis.lock", busy, timeout) if is_file else None
    with lock or _advisory_lock(engine, _ADVISORY_LOCK + 1, busy, timeout):
        yield


@contextmanager
def _advisory_lock(engine: Engine, number: int, busy: StoreBusyError, timeout: float = 0) -> Iterator[None]:
    deadline = time.monotonic() + timeout
    with engine.connect() as connection:
        while not connection.execute(text(f"SELECT pg_try_advisory_lock({number})")).scalar():
            if time.monotonic() >= deadline:
                raise busy
            time.sleep(0.2)
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text(f"SELECT pg_advisory_unlock({number})"))


def alone(connection: Connection) -> None:
    """Let nobody else write messages until this transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        # Two that update the same messages in different orders would wait for each other.
        connection.execute(text("LOCK TABLE message IN SHARE ROW EXCLUSIVE MODE"))


@contextmanager
def writer_lock(engine: Engine, *, timeout: float = 60) -> Iterator[None]:
    """
    Hold the lock of a scan's writing process, which may outlive the scan by a few batches. For SQLite.

    Args:
        engine: Of the store.

        timeout: Seconds to wait for it.

    Raises:
        StoreBusyError: It is still held by then.

        StoreError: The lock file cannot be made.
    """
    busy = StoreBusyError(
        "a former scan still writes to the store", where=describe(engine.url), remedy="Run the same command again"
    )
    with _file_lock(_writer_lock_name(engine), busy, timeout):
        yield


def _writer_lock_name(engine: Engine) -> str:
    return f"{engine.url.database}.writer.lock"


@contextmanager
def _file_lock(name: str, busy: StoreBusyError, timeout: float = 0) -> Iterator[None]:
    lock = FileLock(name, timeout=timeout, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise busy from error
    except OSError as error:
        raise StoreError(
            f"the lock file cannot be made ({error.strerror})",
            where=name,
            remedy="Check the folder's permissions and space",
        ) from error
    try:
        yield
    finally:
        lock.release()
