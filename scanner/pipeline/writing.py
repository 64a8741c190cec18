"""
Where a scan's batches go: into the store, for much mail by way of a process of its own.

Parsing and writing take about the same time each, and Python's threads
cannot share it. So the scan parses and makes rows, and a second process
numbers and inserts them. It is worth its start only for thousands of
messages, and only for SQLite: PostgreSQL is a process of its own anyway.

The writing process lives no longer than the scan: when its standard input
ends, it commits what it holds complete and ends. Until then it holds a lock
of its own, so that no new scan starts beside it, whatever became of the old.
"""

import contextlib
import gc
import marshal
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Container
from dataclasses import astuple
from typing import IO, Any, Protocol

from sqlalchemy import Engine

from scanner import errors
from scanner.addresses import make_outsider_check
from scanner.errors import StoreError
from scanner.model import AddressKey, Batch, Gap, Policy
from scanner.policy import policy_text, read_policy
from scanner.store.engine import open_engine, store_errors, writer_lock
from scanner.store.row import BatchRows, RowMaker
from scanner.store.writer import Frame, RowWriter, make_frame
from scanner.uids import Ranges

WORTH_A_PROCESS = 5_000
"""Messages to fetch from one mailbox from which on a process of its own pays."""

_AHEAD = 6
"""Batches that wait in the writing process, some 15 MB: they bridge its start, and memory stays flat."""

_SIZE = struct.Struct(">Q")


class _Writer(Protocol):
    done: "_Done"

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
        self._is_outsider = make_outsider_check(policy)
        self._maker = RowMaker(self._is_outsider, parser_version)
        self._worth = worth_a_process if engine.dialect.name == "sqlite" else None
        self._done = _Done()
        self._writer: _Writer | None = None

    def expect(self, messages: int) -> None:
        """Say how many messages a mailbox will bring, before its first batch."""
        if self._worth is not None and messages >= self._worth and not isinstance(self._writer, _ProcessWriter):
            self.close()
            self._writer = _ProcessWriter(self._engine, self._policy, self._done)
        elif self._writer is None:
            self._writer = _InlineWriter(self._engine, self._is_outsider, self._done)

    def submit(
        self,
        *,
        run_id: int,
        account_id: int,
        mailbox_id: int,
        epoch_id: int,
        batch: Batch,
        examined: Ranges,
        others: Ranges = (),
        former_gaps: Container[int] = (),
    ) -> None:
        """
        Hand over a batch, which is committed now or soon; arguments as in `MessageWriter.write`.

        Raises:
            StoreError: This batch or one before it could not be written.
        """
        frame = make_frame(
            self._maker,
            run_id=run_id,
            account_id=account_id,
            mailbox_id=mailbox_id,
            epoch_id=epoch_id,
            batch=batch,
            examined=examined,
            others=others,
            former_gaps=former_gaps,
        )
        if self._writer is None:
            self.expect(len(batch.messages))
        if self._writer is not None:
            self._writer.submit(frame)

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

    def __init__(self, engine: Engine, is_outsider: Callable[[AddressKey], bool], done: _Done) -> None:
        self._writer = RowWriter(engine, is_outsider)
        self.done = done

    def submit(self, frame: Frame) -> None:
        self.done.add(frame.account_id, *self._writer.write(frame))

    def settle(self) -> None:
        return

    def close(self) -> None:
        return


class _ProcessWriter:
    """The scan's end of the pipe to the writing process."""

    def __init__(self, engine: Engine, policy: Policy, done: _Done) -> None:
        self._where = str(engine.url.database)
        self.done = done
        # What stands in the arguments of a process everybody on the machine can read: the store goes by the pipe.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scanner.pipeline.writing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._waiting: deque[int] = deque()
        """Accounts of the batches that are not answered yet, in their order."""

        self._send((self._where, policy_text(policy, {})))

    def submit(self, frame: Frame) -> None:
        *head, rows, gaps, former = frame
        self._send((tuple(head), tuple(rows), [astuple(gap) for gap in gaps], list(former)))
        self._waiting.append(frame.account_id)
        while self._waiting and select.select([self._out], [], [], 0)[0]:
            self._receive()

    def settle(self) -> None:
        while self._waiting:
            self._receive()

    def close(self) -> None:
        # If it ended before us, its answer, or the lack of one, has told why.
        with contextlib.suppress(OSError):
            self._in.close()
        self._process.wait()
        self._out.close()

    @property
    def _in(self) -> IO[bytes]:
        return _pipe(self._process.stdin)

    @property
    def _out(self) -> IO[bytes]:
        return _pipe(self._process.stdout)

    def _send(self, value: Any) -> None:
        try:
            write_frame(self._in, value)
        except BrokenPipeError:
            # The reason may wait in the other pipe.
            while self._waiting:
                self._receive()
            raise self._ended() from None

    def _receive(self) -> None:
        answer = read_frame(self._out)
        if answer is None:
            self._waiting.clear()
            raise self._ended()
        account_id = self._waiting.popleft()
        if answer[0] != "done":
            kind, what, where, remedy = answer
            raise _store_error(kind)(what, where=where, remedy=remedy)
        self.done.add(account_id, answer[1], answer[2])

    def _ended(self) -> StoreError:
        return StoreError(
            "the process that writes the store has ended",
            where=self._where,
            remedy="Run the scan again; it goes on where it stopped",
        )


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the process was started with pipes")
    return stream


def _store_error(kind: str) -> type[StoreError]:
    found = getattr(errors, kind, StoreError)
    return found if isinstance(found, type) and issubclass(found, StoreError) else StoreError


def write_frame(stream: IO[bytes], value: Any) -> None:
    """Write one value, its length before it."""
    content = marshal.dumps(value)
    stream.write(_SIZE.pack(len(content)))
    stream.write(content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """Read one value; None when the stream ends, in the middle of one too."""
    size = stream.read(_SIZE.size)
    if len(size) < _SIZE.size:
        return None
    (length,) = _SIZE.unpack(size)
    content = stream.read(length)
    # Only our own other half writes to this pipe.
    return marshal.loads(content) if len(content) == length else None  # noqa: S302


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Be the writing process: read frames, commit each, answer each; end when the source ends or a write fails."""
    opening = read_frame(source)
    if opening is None:
        return
    store, policy = opening
    frames: queue.Queue[Any] = queue.Queue(_AHEAD)
    # Reading goes on while SQLite works, which leaves the interpreter to other threads.
    threading.Thread(target=_read_all, args=(source, frames), daemon=True).start()
    try:
        engine = open_engine(store)
        with store_errors(engine.url), writer_lock(engine):
            writer = RowWriter(engine, make_outsider_check(read_policy(policy)))
            while (frame := frames.get()) is not None:
                head, rows, gaps, former = frame
                new, new_gaps = writer.write(
                    Frame._make((*head, BatchRows._make(rows), [Gap(*gap) for gap in gaps], former))
                )
                write_frame(sink, ("done", new, new_gaps))
    except StoreError as error:
        write_frame(sink, (type(error).__name__, error.what, error.where, error.remedy))


def _read_all(source: IO[bytes], frames: "queue.Queue[Any]") -> None:
    while True:
        frame = read_frame(source)
        frames.put(frame)
        if frame is None:
            return


if __name__ == "__main__":
    # Ctrl-C goes to the whole group: the scan decides, and its end of the pipe tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    os.umask(0o077)
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        # The scan is gone; what was committed is committed.
        os._exit(1)
