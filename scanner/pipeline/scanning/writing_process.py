"""
The process that writes a store while the scan parses.

It lives no longer than the scan: when its frames end, it commits what it
holds complete and ends. Until then it holds a lock of its own, so that no new
scan starts beside it, whatever became of the old.
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
from typing import IO, Any, NoReturn

from sqlalchemy import Engine

from scanner import errors
from scanner.addresses import ProtectedMail, make_outsider_check
from scanner.crawl.answered import AnsweredBatch
from scanner.errors import StoreError
from scanner.model import Gap, Policy
from scanner.policy import policy_text, read_policy
from scanner.store.engine import open_engine, store_errors
from scanner.store.frame import Cursor, Frame, make_frame
from scanner.store.lock import writer_lock
from scanner.store.row import BatchRows, RowMaker
from scanner.store.writer import RowWriter

_AHEAD = 6
"""Batches that wait in the writing process, as bytes: some 6 MB. They bridge its start, and memory stays flat."""

_FEW = 1
"""Batches that the process should have before it: with fewer it would wait for the next one."""

_SIZE = struct.Struct(">Q")


class WritingProcess:
    """
    A writing process and the pipes to it.

    Args:
        frames: Where it reads.

        answers: Where it writes.

        wait: Waits until it has ended.
    """

    def __init__(self, frames: IO[bytes], answers: IO[bytes], wait: Callable[[], object]) -> None:
        self.frames = frames
        self.answers = answers
        self._wait = wait

    @classmethod
    def copied(cls) -> "WritingProcess | None":
        """
        Return a copy of this process: there in a hundredth of the time that a new interpreter takes.

        None where that is not safe: a thread of ours may hold a lock that
        nobody would ever open in the copy, and only Linux promises that its
        libraries bear to be copied.
        """
        if sys.platform != "linux" or threading.active_count() > 1:
            return None
        frames_out, frames_in = os.pipe()
        answers_out, answers_in = os.pipe()
        # A signal right behind the fork would run the scan's own handlers in the copy, and end the scan there.
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            child = os.fork()
            if child == 0:
                try:
                    os.close(frames_in)
                    os.close(answers_out)
                    _forget_terminal()
                    _be_the_writer(os.fdopen(frames_out, "rb"), os.fdopen(answers_in, "wb"))
                finally:
                    os._exit(1)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, usual)
        os.close(frames_out)
        os.close(answers_in)
        return cls(os.fdopen(frames_in, "wb"), os.fdopen(answers_out, "rb", 0), lambda: os.waitpid(child, 0))

    @classmethod
    def started(cls) -> "WritingProcess":
        """Return a new interpreter's process."""
        # What stands in the arguments of a process everybody on the machine can read: the store goes by the pipe.
        # -P: what lies in the folder where the command was given is no part of us.
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "scanner.pipeline.scanning.writing_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process was started with pipes")
        return cls(process.stdin, os.fdopen(os.dup(process.stdout.fileno()), "rb", 0), process.wait)

    def end(self) -> None:
        """Let it commit what it holds complete, and wait for its end."""
        # If it ended before us, its answer, or the lack of one, has told why.
        with contextlib.suppress(OSError):
            self.frames.close()
        self._wait()
        self.answers.close()


def _forget_terminal() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


class ProcessWriter:
    """
    Hands frames to a writing process and keeps count of its answers.

    Args:
        process: A new one.

        engine: An opened store, locked by this process.

        policy: Decides whose header blocks are kept.

        parser_version: Of the parser that makes the messages.

        done: Called with (account id, new messages, new gaps) of every frame that is committed.
    """

    def __init__(
        self,
        process: WritingProcess,
        engine: Engine,
        policy: Policy,
        parser_version: int,
        done: Callable[[int, int, int], None],
    ) -> None:
        self._where = str(engine.url.database)
        self._done = done
        self._process = process
        self._waiting: deque[int] = deque()
        """Accounts of the batches that are not answered yet, in their order."""

        self._failed: StoreError | None = None
        """Why nothing is committed any more; every account has to hear of it, or it takes its batches for written."""

        self._send((self._where, policy_text(policy, {}), parser_version))

    def submit(self, frame: Frame) -> None:
        """
        Send a frame; it is committed soon.

        Raises:
            StoreError: It, or one before it, could not be written.
        """
        cursor, rows, gaps, former = frame
        values = (tuple(cursor), tuple(rows), [astuple(gap) for gap in gaps], list(former), False)
        self._hand_over(cursor.account_id, values)

    def submit_answered(self, cursor: Cursor, batch: AnsweredBatch, former_gaps: Container[int]) -> None:
        """Send a batch whose headers are read over there; raises as `submit`."""
        former = [answer.uid for answer in batch.answers if answer.uid in former_gaps] if former_gaps else []
        values = (tuple(cursor), batch.as_values(), [astuple(gap) for gap in batch.early_gaps], former, True)
        self._hand_over(cursor.account_id, values)

    @property
    def is_idle(self) -> bool:
        """The process will soon have nothing to do."""
        self._receive_what_is_there()
        return len(self._waiting) < _FEW

    def _hand_over(self, account_id: int, values: tuple[Any, ...]) -> None:
        self._send(values)
        self._waiting.append(account_id)
        self._receive_what_is_there()

    def _receive_what_is_there(self) -> None:
        while self._waiting and select.select([self._process.answers], [], [], 0)[0]:
            self._receive()

    def settle(self) -> None:
        """Wait until every frame is committed; raises as `submit`."""
        self._check()
        while self._waiting:
            self._receive()

    def close(self) -> None:
        """End the process; what it holds complete is committed."""
        self._process.end()

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed

    def _send(self, value: Any) -> None:
        self._check()
        try:
            write_frame(self._process.frames, value)
        except BrokenPipeError:
            # The reason may wait in the other pipe.
            while self._waiting:
                self._receive()
            self._failed = self._ended()
            raise self._failed from None

    def _receive(self) -> None:
        answer = read_frame(self._process.answers)
        if answer is None:
            self._failed = self._ended()
            raise self._failed
        account_id = self._waiting.popleft()
        if answer[0] != "done":
            kind, what, where, remedy = answer
            self._failed = _store_error(kind)(what, where=where, remedy=remedy)
            raise self._failed
        self._done(account_id, answer[1], answer[2])

    def _ended(self) -> StoreError:
        return StoreError(
            "the process that writes the store has ended",
            where=self._where,
            remedy="Run the scan again; it goes on where it stopped",
        )


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
    content = _read_content(stream)
    return None if content is None else _value_of(content)


def _read_content(stream: IO[bytes]) -> bytes | None:
    size = _read_exactly(stream, _SIZE.size)
    return None if size is None else _read_exactly(stream, _SIZE.unpack(size)[0])


def _read_exactly(stream: IO[bytes], size: int) -> bytes | None:
    # The scan's end of the answers has no buffer, or nobody could tell whether one waits there: it gives what there is.
    read = b""
    while len(read) < size:
        piece = stream.read(size - len(read))
        if not piece:
            return None
        read = read + piece if read else piece
    return read


def _value_of(content: bytes) -> Any:
    # Only our own other half writes to these pipes.
    return marshal.loads(content)  # noqa: S302


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Be the writing process: read frames, commit each, answer each; end when the source ends or a write fails."""
    opening = read_frame(source)
    if opening is None:
        return
    store, policy, parser_version = opening
    frames: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
    # Reading goes on while SQLite works, which leaves the interpreter to other threads.
    threading.Thread(target=_read_all, args=(source, frames), daemon=True).start()
    try:
        engine = open_engine(store, is_bulk=True)
        with store_errors(engine.url), writer_lock(engine):
            decides = read_policy(policy)
            writer, maker = RowWriter(engine, make_outsider_check(decides)), make_row_maker(decides, parser_version)
            # They wait as bytes: made values, the same takes four times the memory.
            for content in iter(frames.get, None):
                frame = _frame_of(_value_of(content), maker)
                # Of a large batch each form takes its megabytes; only the rows are needed from here on.
                del content
                new, new_gaps = writer.write(frame)
                del frame
                write_frame(sink, ("done", new, new_gaps))
    except StoreError as error:
        write_frame(sink, (type(error).__name__, error.what, error.where, error.remedy))


def make_row_maker(policy: Policy, parser_version: int) -> RowMaker:
    """Return what makes rows under a policy: it decides whose header blocks are kept."""
    protected = ProtectedMail(policy)
    test = protected.is_sent_by if protected.names_senders else None
    return RowMaker(make_outsider_check(policy), parser_version, test)


def _frame_of(values: tuple[Any, ...], maker: RowMaker) -> Frame:
    cursor_values, content, gap_values, former, is_answered = values
    cursor, gaps = Cursor(*cursor_values), tuple(Gap(*gap) for gap in gap_values)
    if is_answered:
        return make_frame(maker, cursor, AnsweredBatch.of_values(content, gaps).parsed, frozenset(former))
    return Frame(cursor, BatchRows._make(content), gaps, former)


def _read_all(source: IO[bytes], frames: "queue.Queue[bytes | None]") -> None:
    while True:
        content = _read_content(source)
        frames.put(content)
        if content is None:
            return


def _be_the_writer(frames: IO[bytes], answers: IO[bytes]) -> NoReturn:
    # Ctrl-C goes to the whole group: the scan decides, and its end of the pipe tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    os.umask(0o077)
    status = 1
    try:
        serve(frames, answers)
        status = 0
    except BrokenPipeError:
        # The scan is gone; what was committed is committed.
        pass
    finally:
        # Nothing of the scan's that was copied with us is ended or written out here.
        os._exit(status)


if __name__ == "__main__":
    _be_the_writer(sys.stdin.buffer, sys.stdout.buffer)
