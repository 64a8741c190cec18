"""Measure a piece of work in a process of its own: time, CPU and peak memory."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run cost."""

    seconds: float
    """Wall clock."""

    cpu_seconds: float
    """User and system time of the process, of its children too."""

    peak_mb: float
    """Largest resident set in MB (10^6 bytes)."""


def _megabytes(usage: resource.struct_rusage) -> float:
    # Linux counts ru_maxrss in KiB.
    return usage.ru_maxrss * 1024 / 1e6


Part = tuple[float, float]
"""Seconds and CPU seconds of the part of a child's work that counts."""


class Clock:
    """Starts when it is made; `part` tells what passed since."""

    def __init__(self) -> None:
        self._begin = time.perf_counter(), self._cpu()

    @staticmethod
    def _cpu() -> float:
        own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime

    def part(self) -> Part:
        """Return what passed since the start."""
        return time.perf_counter() - self._begin[0], self._cpu() - self._begin[1]


def in_child(work: Callable[[], Part]) -> Measured:
    """
    Run `work` in a forked child; time and CPU are what it returns, memory is that of the whole child.

    Raises:
        RuntimeError: The child failed; its traceback is on stderr.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writer, json.dumps(work()).encode())
            status = 0
        except BaseException:  # noqa: BLE001  (a forked copy of the parent must never return into its code)
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        answer = answers.read()
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise RuntimeError("a measured child failed")
    seconds, cpu_seconds = json.loads(answer)
    return Measured(seconds, cpu_seconds, _megabytes(usage))


def run_program(arguments: Sequence[str], environment: Mapping[str, str], expected: Sequence[int] = (0,)) -> Measured:
    """
    Run a program to its end and measure all of it.

    Raises:
        RuntimeError: It ended otherwise than expected; the message holds what it printed.
    """
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        child = subprocess.Popen(
            arguments, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in expected:
            output.seek(0)
            raise RuntimeError(f"{Path(arguments[0]).name} ended with {child.returncode}:\n{output.read().decode()}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, _megabytes(usage))


@dataclass(frozen=True, slots=True)
class Summary:
    """Several runs of one thing."""

    name: str
    runs: tuple[Measured, ...]
    items: int
    """Messages that each run went through."""

    def rate(self, choose: Callable[[Sequence[float]], float] = statistics.median) -> float:
        """Return items a second: the median over the runs, or what `choose` picks."""
        return choose([self.items / run.seconds for run in self.runs])

    @property
    def cpu_per_thousand(self) -> float:
        """Median CPU seconds per 1,000 items."""
        return statistics.median(run.cpu_seconds for run in self.runs) * 1000 / self.items

    @property
    def peak_mb(self) -> float:
        """Largest peak of all runs."""
        return max(run.peak_mb for run in self.runs)
