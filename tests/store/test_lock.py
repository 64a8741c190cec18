"""One scan at a time: the lock is refused, given back, and ends with its process."""

import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import Engine

from scanner.errors import StoreBusyError
from scanner.store.engine import describe, open_engine
from scanner.store.lock import store_lock

HOLDER = """
import sys, time
from scanner.store.engine import open_engine
from scanner.store.lock import store_lock
with store_lock(open_engine(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def _place(engine: Engine) -> str:
    return describe(engine.url) if engine.dialect.name == "sqlite" else str(engine.url)


def test_the_lock_is_one_at_a_time(engine: Engine) -> None:
    """A second scan is refused at once and may go on when the first has ended."""
    other = open_engine(_place(engine))

    with store_lock(engine):
        begun = time.monotonic()
        with pytest.raises(StoreBusyError) as caught, store_lock(other):
            pass
        waited = time.monotonic() - begun
    with store_lock(other):
        pass
    other.dispose()

    assert "another scan" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert waited < 5


def test_an_error_under_the_lock_stays_what_it_is(engine: Engine) -> None:
    """The lock is given back and says nothing about what happened under it."""
    with pytest.raises(PermissionError), store_lock(engine):
        raise PermissionError

    with store_lock(engine):
        pass


def test_the_lock_ends_with_its_process(engine: Engine) -> None:
    """After kill -9 nobody has to remove a file."""
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, _place(engine)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError), store_lock(engine):
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.communicate()

    # PostgreSQL notices within moments that the session is gone.
    for _ in range(50):
        try:
            with store_lock(engine):
                return
        except StoreBusyError:
            time.sleep(0.1)
    pytest.fail("the lock is still held")
