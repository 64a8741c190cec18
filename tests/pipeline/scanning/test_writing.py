"""A process of its own writes what the scan itself would have written, and ends with it in good order."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from scanner.crawl.answer import FetchAnswer
from scanner.crawl.answered import AnsweredBatch
from scanner.crawl.answered import Place as ReadPlace
from scanner.errors import StoreBusyError, StoreError
from scanner.model import Batch, Policy
from scanner.pipeline.scanning.writing import BatchSink
from scanner.pipeline.scanning.writing_process import ProcessWriter
from scanner.store.digest import store_digest
from scanner.store.engine import create_store, disposing, open_engine
from scanner.store.frame import Cursor
from scanner.store.lock import store_lock, writer_lock
from scanner.uids import Ranges
from tests.shelf import Place, Shelf, guests, letter

POLICY = Policy(domains=frozenset({"corp.example"}))
AT_ONCE = 40
"""Messages of a batch."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Give a new store."""
    with disposing(create_store(str(tmp_path / "blindcopy.db"))) as made:
        yield made


def _batches(count: int) -> Iterator[tuple[Batch, Ranges]]:
    for start in range(1, count + 1, AT_ONCE):
        uids = range(start, start + AT_ONCE)
        # Every tenth message has a copy in the batch after it; names and addresses recur.
        messages = tuple(
            letter(
                uid, guests(uid % 7, first=uid % 31), bcc=guests(2, first=uid), message_id=f"<{uid - uid % 10 // 9}@x>"
            )
            for uid in uids
        )
        yield Batch(((start, start + AT_ONCE - 1),), messages, (), 0), ((1, start + AT_ONCE - 1),)


def _write(sink: BatchSink, shelf: Shelf, place: Place, count: int) -> None:
    for batch, examined in _batches(count):
        sink.submit(Cursor(shelf.run, place.account, place.mailbox, place.epoch, examined), batch)


def _digest(engine: Engine) -> str:
    with engine.connect() as connection:
        return store_digest(connection)


@pytest.mark.parametrize("worth_a_process", [1, 10_000], ids=["process", "inline"])
def test_both_ways_give_the_same_store(engine: Engine, tmp_path: Path, worth_a_process: int) -> None:
    """Who inserts the rows makes no difference to them."""
    other = create_store(str(tmp_path / "other.db"))
    shelf = Shelf(other)
    place = shelf.place()
    with closing(BatchSink(other, POLICY, 1, worth_a_process=10_000)) as sink:
        _write(sink, shelf, place, 400)
    shelf = Shelf(engine)
    place = shelf.place()

    with closing(BatchSink(engine, POLICY, 1, worth_a_process=worth_a_process)) as sink:
        sink.expect(400)
        _write(sink, shelf, place, 400)
        new, gaps = sink.flush()

    assert _digest(engine) == _digest(other)
    assert (new, gaps) == (400, 0)
    other.dispose()


def test_a_flush_counts_what_is_new_since_the_one_before(engine: Engine) -> None:
    """The scan counts per account, one after the other."""
    shelf = Shelf(engine)
    place = shelf.place()
    with closing(BatchSink(engine, POLICY, 1, worth_a_process=1)) as sink:
        sink.expect(80)
        _write(sink, shelf, place, 80)
        first = sink.flush()

        second = sink.flush()

    assert (first, second) == ((80, 0), (0, 0))


def _answered(uid: int, recipients: int) -> AnsweredBatch:
    people = ", ".join(f"reader.{number}@post.example" for number in range(recipients))
    header = f"From: ada@corp.example\r\nTo: {people}\r\nMessage-ID: <{uid}@corp.example>\r\n\r\n".encode()
    answer = FetchAnswer(uid, b"01-Mar-2024 10:00:00 +0000", 1_000, b"\\Seen", header)
    return AnsweredBatch(ReadPlace("office", "Sent", 1, False), ((uid, uid),), (answer,))


def test_large_headers_are_read_by_the_writing_process(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much it has to do: their memory is taken there, and not here as well."""
    monkeypatch.setattr(ProcessWriter, "is_idle", False)
    shelf = Shelf(engine)
    place = shelf.place()
    usual, large = _answered(1, 3), _answered(2, 12_000)
    with closing(BatchSink(engine, POLICY, 1, worth_a_process=1)) as sink:
        sink.expect(2)
        for batch in (usual, large):
            sink.submit(Cursor(shelf.run, place.account, place.mailbox, place.epoch, batch.examined), batch)
        new, _ = sink.flush()

    assert new == 2
    assert ["parsed" in vars(batch) for batch in (usual, large)] == [True, False]


def test_a_writing_process_that_dies_is_one_clear_error(engine: Engine) -> None:
    """Nothing waits for ever for an answer that will not come."""
    shelf = Shelf(engine)
    place = shelf.place()
    with closing(BatchSink(engine, POLICY, 1, worth_a_process=1)) as sink:
        sink.expect(40)
        _write(sink, shelf, place, 40)
        sink.flush()
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split()
        os.kill(int(children[-1]), signal.SIGKILL)

        with pytest.raises(StoreError, match="the process that writes the store has ended"):
            _write(sink, shelf, place, 4_000)


def test_a_refused_batch_raises_the_error_of_the_store(engine: Engine) -> None:
    """What went wrong over there is said here, in its own words and class."""
    with writer_lock(engine):
        sink = BatchSink(engine, POLICY, 1, worth_a_process=1)
        shelf = Shelf(engine)
        place = shelf.place()
        # The lock is waited for; a copy of a UID that is there already is refused by the database.
        sink.expect(40)
    _write(sink, shelf, place, 40)
    _write(sink, shelf, place, 40)

    with pytest.raises(StoreError) as refused:
        sink.flush()

    sink.close()
    assert "IntegrityError" in refused.value.what


def test_every_account_hears_that_nothing_is_written_any_more(engine: Engine) -> None:
    """One account meets the error; another one must not take its own batches for committed and move its cursor."""
    shelf = Shelf(engine)
    place = shelf.place()
    with closing(BatchSink(engine, POLICY, 1, worth_a_process=1)) as sink:
        sink.expect(40)
        _write(sink, shelf, place, 40)
        _write(sink, shelf, place, 40)
        with pytest.raises(StoreError, match="IntegrityError"):
            sink.flush(place.account)

        with pytest.raises(StoreError, match="IntegrityError"):
            sink.flush(place.account + 1)
        with pytest.raises(StoreError, match="IntegrityError"):
            sink.settle()


_ABANDONED = """
import os, signal, sys
from pathlib import Path
from scanner.pipeline.scanning.writing import BatchSink
from scanner.store.engine import open_engine
from scanner.store.lock import store_lock
from tests.pipeline.scanning.test_writing import POLICY, Shelf, _write
engine = open_engine(sys.argv[1])
with store_lock(engine):
    shelf = Shelf(engine)
    sink = BatchSink(engine, POLICY, 1, worth_a_process=1)
    sink.expect(400)
    _write(sink, shelf, shelf.place(), 400)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_scan_leaves_whole_batches_and_a_free_lock(engine: Engine, tmp_path: Path) -> None:
    """Kill -9 of the scan alone: its writing process commits what it has and ends; the next scan waits for it."""
    root = Path(__file__).resolve().parents[3]

    ended = subprocess.run(
        [sys.executable, "-c", _ABANDONED, str(engine.url.database)], cwd=root, check=False, timeout=60
    )

    assert ended.returncode == -signal.SIGKILL
    with store_lock(engine), engine.connect() as connection:
        copies = connection.exec_driver_sql("SELECT COUNT(*) FROM message_copy").scalar_one()
        examined = connection.exec_driver_sql("SELECT examined FROM epoch").scalar_one()
    assert copies % AT_ONCE == 0
    assert examined == (f"1:{copies}" if copies else "")


_ABANDONED_WITH_A_SLOW_WRITER = """
import os, signal, sys, time
from pathlib import Path
from scanner.pipeline.scanning.writing import BatchSink
from scanner.store.engine import open_engine
from scanner.store.lock import store_lock
from scanner.store.writer import RowWriter
from tests.pipeline.scanning.test_writing import AT_ONCE, POLICY, Shelf, _write
write = RowWriter.write
def slowly(self, frame):
    Path(sys.argv[2]).touch()
    time.sleep(1)
    return write(self, frame)
RowWriter.write = slowly
engine = open_engine(sys.argv[1])
with store_lock(engine):
    shelf = Shelf(engine)
    place = shelf.place()
    sink = BatchSink(engine, POLICY, 1, worth_a_process=1)
    sink.expect(AT_ONCE)
    _write(sink, shelf, place, AT_ONCE)
    while not Path(sys.argv[2]).exists():
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_whoever_looks_at_the_store_of_a_killed_scan_costs_its_writer_nothing(engine: Engine, tmp_path: Path) -> None:
    """The last one to close a store deletes SQLite's log; the writing process that is still there has it open."""
    store = str(engine.url.database)
    engine.dispose()
    script = [sys.executable, "-c", _ABANDONED_WITH_A_SLOW_WRITER, store, str(tmp_path / "writes")]
    ended = subprocess.run(script, cwd=Path(__file__).resolve().parents[3], check=False, timeout=60)

    with disposing(open_engine(store)) as looking, looking.connect():
        pass

    assert ended.returncode == -signal.SIGKILL
    with store_lock(engine), engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM message_copy").scalar_one() == AT_ONCE


def test_the_writing_process_holds_a_lock_of_its_own(engine: Engine) -> None:
    """Two writers would number the same rows: while one lives, no scan begins."""
    shelf = Shelf(engine)
    place = shelf.place()
    with closing(BatchSink(engine, POLICY, 1, worth_a_process=1)) as sink:
        sink.expect(40)
        _write(sink, shelf, place, 40)
        sink.flush()

        with pytest.raises(StoreBusyError), writer_lock(engine, timeout=0):
            pass
