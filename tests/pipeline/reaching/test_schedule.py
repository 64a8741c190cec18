"""Accounts take turns: newest mail first, within the limits of servers, and nobody waits for somebody else's wait."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from types import FrameType
from typing import Any

import pytest

from scanner.pipeline.reaching.schedule import Job, ScanStoppedError, Schedule
from tests.crawl.talk import Listener

PATIENCE = 20.0
"""Seconds after which a test that hangs fails."""


@dataclass
class Diary:
    """What happened, in its order, and how many connections there were at most."""

    turns: list[tuple[int, int | None]] = field(default_factory=list)
    rests: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)
    open: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, place: str, change: int) -> None:
        with self.lock:
            self.open[place] = self.open.get(place, 0) + change
            self.most[place] = max(self.most.get(place, 0), self.open[place])


@dataclass
class Turns:
    """An account that reaches one date after the other, and does something in its turns."""

    number: int
    dates: list[int]
    diary: Diary
    place: str = "imap.corp.example"
    act: Callable[[], object] = lambda: None
    reached: int | None = None
    is_connected: bool = False
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def is_done(self) -> bool:
        return not self.dates

    def turn(self) -> None:
        if not self.is_connected and self.place:
            self.is_connected = True
            self.diary.connect(self.place, 1)
        with self.diary.lock:
            self.diary.turns.append((self.number, self.reached))
        self.act()
        self.reached = self.dates.pop(0)
        if not self.dates:
            self._leave()

    def rest(self) -> None:
        self.diary.rests.append(self.number)
        self._leave()

    def stop(self) -> None:
        self.stopped.set()

    def _leave(self) -> None:
        if self.is_connected:
            self.is_connected = False
            self.diary.connect(self.place, -1)


def _schedule(jobs: list[Turns], diary: Diary, *, at_once: int = 1, limit: int = 8, **more: Any) -> Schedule:
    def ended(job: Job) -> None:
        diary.ended.append(job.number)

    return Schedule(
        jobs,
        at_once=at_once,
        limit_of=more.pop("limit_of", lambda _place: limit),
        progress=more.pop("progress", Listener()),
        ended=ended,
        stopped=more.pop("stopped", lambda: None),
    )


def test_the_newest_unread_mail_comes_next() -> None:
    """Every account's first turn comes before anybody's second; then the one that has got least far back goes on."""
    diary = Diary()
    jobs = [
        Turns(1, [2024, 2019, 2015], diary),
        Turns(2, [2025, 2023, 2022], diary),
        Turns(3, [2021, 2020], diary),
    ]

    _schedule(jobs, diary).run()

    assert diary.turns == [
        (1, None),
        (2, None),
        (3, None),
        (2, 2025),
        (1, 2024),
        (2, 2023),
        (3, 2021),
        (1, 2019),
    ]
    assert sorted(diary.ended) == [1, 2, 3]


def test_files_come_behind_the_newest_mail_of_servers() -> None:
    """A file is read whole: no server's newest mail waits for it, and it waits for nobody's old mail."""
    diary = Diary()
    jobs = [Turns(1, [2000], diary, place=""), Turns(2, [2025, 2020], diary)]

    _schedule(jobs, diary).run()

    assert diary.turns == [(2, None), (1, None), (2, 2025)]


def test_connections_stay_within_the_limit_of_each_server() -> None:
    """Idle connections count; the one whose turn is farthest off is given up for another account's."""
    diary = Diary()
    one = [Turns(number, [2000 + number, 1990], diary, place="one") for number in range(1, 30)]
    other = [Turns(number, [2000 + number, 1990], diary, place="other") for number in range(30, 60)]
    limits = {"one": 3, "other": 5}

    _schedule([*one, *other], diary, at_once=6, limit_of=lambda place: limits[place]).run()

    assert diary.most["one"] <= 3
    assert diary.most["other"] <= 5
    assert len(diary.ended) == 59
    assert all(number == 0 for number in diary.open.values())


def test_connections_are_kept_where_there_is_room() -> None:
    """As many accounts as connections: nobody signs in twice."""
    diary = Diary()
    jobs = [Turns(number, [2020 - turn for turn in range(5)], diary) for number in range(1, 9)]

    _schedule(jobs, diary, at_once=2, limit=8).run()

    assert diary.rests == []


def test_thousands_of_accounts_are_few_threads() -> None:
    """5,000 accounts, 4 at once: no more threads than that work."""
    diary = Diary()
    before = threading.active_count()
    most: list[int] = []
    jobs = [Turns(n, [2020], diary, act=lambda: most.append(threading.active_count())) for n in range(1, 5_001)]

    _schedule(jobs, diary, at_once=4, limit=4).run()

    assert max(most) - before <= 4
    assert len(diary.ended) == 5_000


def test_an_account_that_waits_keeps_nobody_from_reading() -> None:
    """Three accounts wait for their server, two threads: the others are read meanwhile, the waits are told."""
    diary = Diary()
    progress = Waits()
    others_done = threading.Event()
    jobs: list[Turns] = []
    for number in (1, 2, 3):
        jobs.append(Turns(number, [2025], diary, act=lambda number=number: wait(number)))  # type: ignore[misc]
    jobs += [Turns(number, [2020, 2019], diary) for number in range(4, 10)]
    schedule = _schedule(jobs, diary, at_once=2, limit=8, progress=progress)

    def wait(number: int) -> None:
        while not (others_done.is_set() or set(diary.ended) >= set(range(4, 10))):
            schedule.pause(number, 0.05)
        others_done.set()

    done = threading.Timer(PATIENCE, others_done.set)
    done.start()
    schedule.run()
    done.cancel()

    assert set(diary.ended[:6]) == set(range(4, 10))
    assert len(diary.ended) == 9
    assert max(last for _, last in progress.told) > 0


class Waits(Listener):
    """Remembers the waits that it was told of."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[float, float]] = []

    def wait(self, nothing: float, last: float) -> None:
        """Remember."""
        self.told.append((nothing, last))


def test_an_account_that_has_waited_goes_on_before_others_begin() -> None:
    """Its server's limit holds all the same: an idle connection of another account makes room for it."""
    diary = Diary()
    waiting = Turns(1, [2025], diary)
    reading = Turns(2, [2024] * 200, diary, act=lambda: time.sleep(0.005))
    schedule = _schedule([waiting, reading], diary, at_once=1, limit=1)

    def pause() -> None:
        waiting.rest()
        schedule.pause(1, 0.1)
        waiting.is_connected = True
        diary.connect(waiting.place, 1)

    waiting.act = pause
    schedule.run()

    assert diary.ended == [1, 2]
    assert diary.most == {waiting.place: 1}


def test_a_fault_ends_all_and_is_told() -> None:
    """What is no error of an account is raised where the scan was started; nobody begins a turn after it."""
    diary = Diary()

    def fault() -> None:
        raise ZeroDivisionError

    jobs = [Turns(1, [2025], diary, act=fault), *(Turns(n, [2020], diary) for n in range(2, 50))]
    closed: list[bool] = []

    with pytest.raises(ZeroDivisionError):
        _schedule(jobs, diary, at_once=1, stopped=lambda: closed.append(True)).run()

    assert closed == [True]
    assert diary.turns == [(1, None)]


def test_a_signal_ends_waits_and_reads() -> None:
    """An exception in the thread that runs the schedule: accounts that wait or read are told to end, at once."""
    diary = Diary()
    reading = Turns(1, [2025], diary)
    reading.act = lambda: reading.stopped.wait(PATIENCE)
    ended: list[type[BaseException]] = []
    waiting = Turns(2, [2024], diary)
    was_reading: list[bool] = []
    schedule = _schedule(
        [reading, waiting], diary, at_once=2, stopped=lambda: was_reading.append(not reading.stopped.is_set())
    )

    def pause() -> None:
        try:
            schedule.pause(2, PATIENCE)
        except ScanStoppedError as error:
            ended.append(type(error))
            raise

    waiting.act = pause
    with pytest.raises(KeyboardInterrupt):
        _interrupted(schedule, diary)

    assert reading.stopped.is_set()
    # Nothing may be written any more when its connection breaks, or that would be the reason told.
    assert was_reading == [True]
    assert ended == [ScanStoppedError]
    assert 2 not in diary.ended


def test_a_signal_at_any_moment_is_what_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """While threads start, wait or are told: the signal comes out, or at least stands behind what comes out."""
    # While an object is freed, what is raised leads nowhere: the command sends such a signal again, and so do we.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: signal.setitimer(signal.ITIMER_REAL, 0.001))
    ours = signal.signal(signal.SIGALRM, _raise_interrupt)
    random = Random(1)
    raised: list[KeyboardInterrupt | RuntimeError] = []

    try:
        for _ in range(300):
            job = Turns(1, [2025], Diary(), place="")
            schedule = _schedule([job], job.diary)
            job.act = partial(schedule.pause, 1, PATIENCE)
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0002, 0.002))
                schedule.run()
            except (KeyboardInterrupt, RuntimeError) as error:
                raised.append(error)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, ours)

    assert len(raised) == 300
    assert [error for error in raised if KeyboardInterrupt not in (type(error), type(error.__context__))] == []
    # The standard library's own way to start a thread can be torn apart too, though seldom.
    assert sum(isinstance(error, KeyboardInterrupt) for error in raised) > 290


def _raise_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupted(schedule: Schedule, diary: Diary) -> None:
    """Run a schedule, and send SIGINT to this process when both accounts have begun."""

    def send() -> None:
        deadline = time.monotonic() + PATIENCE
        while len(diary.turns) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=send, daemon=True).start()
    schedule.run()
