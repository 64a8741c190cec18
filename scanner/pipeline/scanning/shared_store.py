"""The store as the accounts of one scan share it: SQLite has one writer, so they take turns."""

import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from scanner.crawl.answered import AnsweredBatch
from scanner.model import Batch
from scanner.pipeline.reaching.schedule import ScanStoppedError
from scanner.pipeline.scanning.writing import BatchSink
from scanner.store.frame import Cursor
from scanner.uids import count


class SharedStore:
    """
    Lets the threads of a scan write one at a time.

    Batches go to the sink in the order in which they come; what else is
    written waits until they are committed, so that the writing process and
    this one never compete for the lock of the file.

    Args:
        engine: An opened store, locked by this process.

        sink: Takes the batches; closed by whoever made it.
    """

    def __init__(self, engine: Engine, sink: BatchSink) -> None:
        self._engine = engine
        self._sink = sink
        self._turn = threading.Lock()
        self._is_closed = False
        self._expected = 0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """
        Give a transaction that sees every batch handed over before.

        Raises:
            ScanStoppedError: The scan was stopped.

            StoreError: A batch could not be written.
        """
        with self._my_turn():
            self._sink.settle()
            with self._engine.begin() as connection:
                yield connection

    def expect(self, messages: int) -> None:
        """Say how many messages a mailbox will bring, before its first batch; those of all accounts add up."""
        with self._my_turn():
            self._expected += messages
            self._sink.expect(self._expected)

    def submit(self, cursor: Cursor, batch: Batch | AnsweredBatch, former_gaps: Container[int] = ()) -> None:
        """Hand over a batch as `BatchSink.submit` takes it; raises as `begin`."""
        with self._my_turn():
            self._expected = max(0, self._expected - count(batch.examined))
            self._sink.submit(cursor, batch, former_gaps)

    def flush(self, account_id: int) -> tuple[int, int]:
        """Wait until an account's batches are committed; return (new messages, new gaps) of it since its last flush."""
        with self._my_turn():
            return self._sink.flush(account_id)

    def close(self) -> None:
        """Let nobody write any more; waits for whoever is writing."""
        with self._turn:
            self._is_closed = True

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        with self._turn:
            if self._is_closed:
                raise ScanStoppedError
            yield
