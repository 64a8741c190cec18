"""
Where a scan's batches go: into the store, for much mail by way of a process of its own.

Parsing and writing take about the same time each, and Python's threads
cannot share it. So the scan parses and makes rows, and a second process
numbers and inserts them (scanner.pipeline.scanning.writing_process). It is worth its
trouble only for thousands of messages, and only for SQLite: PostgreSQL is a
process of its own anyway.
"""

from collections.abc import Callable, Container
from typing import Protocol

from sqlalchemy import Engine

from scanner.addresses import make_outsider_check
from scanner.crawl.answered import AnsweredBatch
from scanner.model import AddressKey, Batch, Policy
from scanner.pipeline.scanning.writing_process import ProcessWriter, WritingProcess, make_row_maker
from scanner.store.frame import Cursor, Frame, make_frame
from scanner.store.writer import RowWriter

WORTH_A_PROCESS = 5_000
"""Messages to fetch from one mailbox from which on a process of its own pays."""


class _Writer(Protocol):
    def submit(self, frame: Frame) -> None: ...

    def settle(self) -> None: ...

    def close(self) -> None: ...


class BatchSink:
    """
    Takes batches and commits them in their order.

    Args:
        engine: An opened store, locked by this process.

        policy: Decides whose header blocks are kept.

        parser_version: Of the parser that makes the messages.

        worth_a_process: As WORTH_A_PROCESS.
    """

    def __init__(
        self, engine: Engine, policy: Policy, parser_version: int, *, worth_a_process: int = WORTH_A_PROCESS
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._parser_version = parser_version
        self._is_outsider = make_outsider_check(policy)
        self._maker = make_row_maker(policy, parser_version)
        self._worth = worth_a_process if engine.dialect.name == "sqlite" else None
        self._done = _Done()
        self._writer: _Writer | None = None
        # SQLite forbids to carry an open file into a copy of the process: the copy takes locks for its own that it does
        # not hold, and when this process is killed, whoever opens the store next deletes the log it writes to.
        engine.dispose()
        # A copy of this process is a writer at once, and can be made only now, before there are threads.
        self._spare = WritingProcess.copied() if self._worth is not None else None

    def expect(self, messages: int) -> None:
        """Say how many messages a mailbox will bring, before its first batch."""
        if self._worth is not None and messages >= self._worth and not isinstance(self._writer, ProcessWriter):
            self._end_writer()
            process, self._spare = self._spare or WritingProcess.started(), None
            self._writer = ProcessWriter(process, self._engine, self._policy, self._parser_version, self._done.add)
        elif self._writer is None:
            self._writer = _InlineWriter(self._engine, self._is_outsider, self._done.add)

    def submit(self, cursor: Cursor, batch: Batch | AnsweredBatch, former_gaps: Container[int] = ()) -> None:
        """
        Hand over a batch, which is committed now or soon; arguments as of `make_frame`.

        Raises:
            StoreError: This batch or one before it could not be written.
        """
        if self._writer is None:
            self.expect(batch.count)
        writer = self._writer
        if isinstance(batch, AnsweredBatch):
            if isinstance(writer, ProcessWriter) and (batch.has_large_header or writer.is_idle):
                # Reading headers is the larger half of the work: whoever has less to do does it. Large ones are read
                # over there alone, so that their memory is taken once.
                writer.submit_answered(cursor, batch, former_gaps)
                return
            batch = batch.parsed
        if writer is not None:
            writer.submit(make_frame(self._maker, cursor, batch, former_gaps))

    def settle(self) -> None:
        """
        Wait until all is committed.

        Raises:
            StoreError: A batch could not be written.
        """
        if self._writer is not None:
            self._writer.settle()

    def flush(self, account_id: int | None = None) -> tuple[int, int]:
        """
        Wait until all is committed.

        Args:
            account_id: Whose figures are asked for; None = of all accounts together.

        Returns:
            (new messages, new gaps) since the last flush.

        Raises:
            StoreError: A batch could not be written.
        """
        self.settle()
        return self._done.take(account_id)

    def close(self) -> None:
        """End the writing; what was handed over complete is committed."""
        if self._spare is not None:
            self._spare.end()
            self._spare = None
        self._end_writer()

    def _end_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class _Done:
    """What committed batches brought, by account, until somebody asks."""

    def __init__(self) -> None:
        self._figures: dict[int, tuple[int, int]] = {}

    def add(self, account_id: int, new: int, gaps: int) -> None:
        before = self._figures.get(account_id, (0, 0))
        self._figures[account_id] = (before[0] + new, before[1] + gaps)

    def take(self, account_id: int | None) -> tuple[int, int]:
        if account_id is not None:
            return self._figures.pop(account_id, (0, 0))
        figures, self._figures = self._figures, {}
        return sum(new for new, _ in figures.values()), sum(gaps for _, gaps in figures.values())


class _InlineWriter:
    """Writes at once."""

    def __init__(
        self, engine: Engine, is_outsider: Callable[[AddressKey], bool], done: Callable[[int, int, int], None]
    ) -> None:
        self._writer = RowWriter(engine, is_outsider)
        self._done = done

    def submit(self, frame: Frame) -> None:
        self._done(frame.cursor.account_id, *self._writer.write(frame))

    def settle(self) -> None:
        return

    def close(self) -> None:
        return
