"""
Which account is read next, and by how many threads: the newest mail of all comes before anybody's old mail.

Threads, because reading mail is waiting for servers: where nothing has to be
waited for, one account already keeps this process busy (`make accounts`). An
account has one connection. Between two turns it is kept, unless its server or
this machine has no room for one more.
"""

import heapq
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from scanner.model import ScanProgress

OPEN_AT_MOST = 64
"""Connections that are open at the same time, idle ones included, beyond those in use."""

THREADS_AT_MOST = 128
"""Threads, those of accounts included that wait because their server asked for it."""

_FAREWELL = 2.0
"""Seconds that threads get to end when the scan is stopped; they write nothing any more."""

_NOT_YET = float("inf")


class ScanStoppedError(BaseException):
    """The scan was stopped: nothing more is written. Not an Exception, so that no account takes it for its own."""


class Job(Protocol):
    """One account, as the schedule sees it."""

    @property
    def number(self) -> int:
        """Place in the settings: of equals, the lower one comes first."""

    @property
    def place(self) -> str:
        """The server, whose connections are limited; "" = a file, which comes behind the newest mail of the others."""

    @property
    def reached(self) -> int | None:
        """Date of its newest mail that may still be unread; None = not known, so perhaps the newest of all."""

    @property
    def is_done(self) -> bool:
        """No turn is left."""

    @property
    def is_connected(self) -> bool:
        """It keeps a connection."""

    def turn(self) -> None:
        """Go on for a while."""

    def rest(self) -> None:
        """Give the connection up until the next turn."""

    def stop(self) -> None:
        """End what is waited for; called from another thread."""


class _Server:
    """The accounts of one server: those waiting for a turn, and how many connections they have."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.running = 0
        self.returning = 0
        """Accounts that have waited long enough, and go on as soon as there is room."""

        self.kept: dict[int, Job] = {}
        self._heap: list[tuple[float, int, int, Job]] = []
        self._stamps: dict[int, int] = {}

    def put(self, job: Job) -> None:
        stamp = self._stamps[job.number] = self._stamps.get(job.number, 0) + 1
        heapq.heappush(self._heap, (*_order(job), stamp, job))
        if job.is_connected:
            self.kept[job.number] = job

    def first(self) -> tuple[float, int] | None:
        """Return the order of the account that comes next, None when there is none or no room for it."""
        while self._heap and self._stamps.get(self._heap[0][1]) != self._heap[0][2]:
            heapq.heappop(self._heap)
        return self._heap[0][:2] if self._heap and self.running + self.returning < self.limit else None

    def take(self) -> Job:
        """Return the account that comes next and take it out."""
        job = heapq.heappop(self._heap)[3]
        self._forget(job)
        self.running += 1
        return job

    def give_way(self, job: Job) -> Job | None:
        """Return, and take out, the account whose idle connection has to go before `job` can have one."""
        if job.is_connected or self.running + len(self.kept) <= self.limit:
            return None
        last = max(self.kept.values(), key=_order, default=None)
        if last is not None:
            self._forget(last)
        return last

    def _forget(self, job: Job) -> None:
        del self._stamps[job.number]
        self.kept.pop(job.number, None)


def _order(job: Job) -> tuple[float, int]:
    if job.reached is not None:
        return (-float(job.reached), job.number)
    return (-_NOT_YET if job.place else -(float(1 << 62)), job.number)


class Schedule:
    """
    Gives accounts their turns until all are done.

    Args:
        jobs: The accounts.

        at_once: Threads that read at the same time.

        limit_of: Gives how many connections a server may have, or how many files are read at the same time.

        progress: Told about waits.

        ended: Called with each account that is done, from its thread.

        stopped: Called when no account may go on; from then on nothing may be written.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        at_once: int,
        limit_of: Callable[[str], int],
        progress: ScanProgress,
        ended: Callable[[Job], None],
        stopped: Callable[[], None],
    ) -> None:
        self._at_once = at_once
        self._progress = progress
        self._ended = ended
        self._stopped = stopped
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._over: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_stopped = threading.Event()
        self._servers = {place: _Server(limit_of(place)) for place in {job.place for job in jobs}}
        for job in jobs:
            self._servers[job.place].put(job)
        self._left = len(jobs)
        self._running: dict[int, Job] = {}
        self._waits: dict[int, float] = {}
        self._threads: set[threading.Thread] = set()
        self._fault: BaseException | None = None

    def run(self) -> None:
        """
        Return when all accounts are done.

        Raises:
            BaseException: What a thread ran into that was no error of an account; or a signal in this one. All
                accounts are then stopped.
        """
        try:
            with self._lock:
                for _ in range(min(self._at_once, self._left)):
                    self._start_thread()
            while self._left and not self._is_over():
                with self._lock:
                    if self._waits:
                        # The wait that is shown gets shorter, and the time that is left with it.
                        self._tell_waits()
        finally:
            self._stop()
        if self._fault is not None:
            raise self._fault

    def pause(self, number: int, seconds: float) -> None:
        """
        Wait in an account's thread, and let another account have its place meanwhile.

        Raises:
            ScanStoppedError: The scan was stopped.
        """
        with self._changed:
            job = self._running[number]
            self._waits[number] = time.monotonic() + seconds
            self._release(job)
            is_nobody_free = len(self._threads) <= len(self._running) + len(self._waits)
            if is_nobody_free and len(self._threads) < THREADS_AT_MOST and self._next_server():
                self._start_thread()
            self._tell_waits()
        self._is_stopped.wait(seconds)
        with self._changed:
            del self._waits[number]
            server = self._servers[job.place]
            # Before those whose turn has not begun: or it would wait for a gap between the turns of all others.
            server.returning += 1
            while not self._is_stopped.is_set() and (
                len(self._running) >= self._at_once or server.running >= server.limit
            ):
                self._changed.wait()
            server.returning -= 1
            if self._is_stopped.is_set():
                raise ScanStoppedError
            server.running += 1
            self._running[number] = job
            in_the_way = server.give_way(job)
            self._tell_waits()
        self._disconnect(server, in_the_way)

    def _is_over(self) -> bool:
        """Wait a little; tell whether all accounts are done, or a thread has failed."""
        # Not on the condition: it is Python code, and a signal within its wait can leave its lock released, which the
        # end of a `with` takes for a fault. In short waits: one without end would not hear Ctrl-C on every system.
        try:
            self._over.get(timeout=0.5)
        except queue.Empty:
            return False
        return True

    # --- threads -------------------------------------------------------------------

    def _start_thread(self) -> None:
        """Start one thread more; the caller holds the lock."""
        # Daemons: Ctrl-C ends the command, whatever a name server lets them wait for.
        thread = threading.Thread(target=self._work, name="account", daemon=True)
        # Known only once it runs: a signal in between would leave one that cannot be joined.
        thread.start()
        self._threads.add(thread)

    def _work(self) -> None:
        try:
            while (job := self._take()) is not None:
                job.turn()
                self._give_back(job)
        except ScanStoppedError:
            return
        except BaseException as fault:  # noqa: BLE001  # raised again by run(), in the thread that called it
            with self._changed:
                self._fault = self._fault or fault
                self._changed.notify_all()
            self._over.put(None)

    def _take(self) -> Job | None:
        """Wait for an account whose turn it is; None when this thread is not needed any more."""
        while True:
            with self._changed:
                while not (server := self._next_server()):
                    if not self._left or self._is_stopped.is_set() or self._is_spare():
                        self._threads.discard(threading.current_thread())
                        return None
                    self._changed.wait()
                job = server.take()
                self._running[job.number] = job
                in_the_way = server.give_way(job)
            self._disconnect(server, in_the_way)
            return job

    def _disconnect(self, server: _Server, in_the_way: Job | None) -> None:
        """Let an account give up its idle connection, and wait for its next turn without."""
        if in_the_way is not None:
            in_the_way.rest()
            with self._changed:
                server.put(in_the_way)
                self._changed.notify_all()

    def _is_spare(self) -> bool:
        """Tell whether this thread was only there while others waited."""
        return len(self._threads) - len(self._waits) > self._at_once

    def _next_server(self) -> _Server | None:
        """Return the server of the account that comes next, None when nobody may go on now."""
        returning = sum(server.returning for server in self._servers.values())
        if self._is_stopped.is_set() or len(self._running) + returning >= self._at_once:
            return None
        with_turns = [(first, server) for server in self._servers.values() if (first := server.first()) is not None]
        return min(with_turns, key=lambda pair: pair[0])[1] if with_turns else None

    def _give_back(self, job: Job) -> None:
        if job.is_done:
            self._ended(job)
        elif sum(len(server.kept) for server in self._servers.values()) >= OPEN_AT_MOST:
            job.rest()
        with self._changed:
            self._release(job)
            if job.is_done:
                self._left -= 1
                if not self._left:
                    self._over.put(None)
            else:
                self._servers[job.place].put(job)
            self._tell_waits()

    def _release(self, job: Job) -> None:
        del self._running[job.number]
        self._servers[job.place].running -= 1
        self._changed.notify_all()

    def _tell_waits(self) -> None:
        """Say how long nothing goes on (0 = something does), and how long the last account has to wait."""
        now = time.monotonic()
        left = [max(0.0, until - now) for until in self._waits.values()]
        self._progress.wait(min(left, default=0.0) if not self._running else 0.0, max(left, default=0.0))

    def _stop(self) -> None:
        self._is_stopped.set()
        with self._lock:
            self._changed.notify_all()
            running = list(self._running.values())
            threads = list(self._threads)
            kept = [job for server in self._servers.values() for job in server.kept.values()]
        # First, so that no account notes its broken connection as the reason why it was not read.
        self._stopped()
        for job in (*running, *kept):
            job.stop()
        deadline = time.monotonic() + _FAREWELL
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
