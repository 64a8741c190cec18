"""How much memory a command takes, all its processes together: what counts once is counted once."""

import contextlib
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE = 0.1
"""Seconds between two looks; what is gone in less time only shows in the largest process."""

_PSS = re.compile(r"^Pss: +(\d+) kB", re.MULTILINE)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


@dataclass(slots=True)
class Footprint:
    """Peaks in MB (10^6 bytes) of a command, up to some moment of it."""

    seconds: float = 0.0
    """Wall clock."""

    together: float = 0.0
    """Of all processes at one time: proportional set sizes, so that pages which a copy still shares count once."""

    largest: float = 0.0
    """Resident set of the largest process, as the kernel kept it: nothing is missed between two looks."""


@dataclass(slots=True)
class Watched:
    """What was seen of a command."""

    whole: Footprint = field(default_factory=Footprint)
    first: Footprint = field(default_factory=Footprint)
    """Up to the end of its last child process."""


def watch(arguments: Sequence[str], environment: Mapping[str, str]) -> Watched:
    """
    Run a program to its end and look at its processes all the while (Linux).

    Raises:
        RuntimeError: It failed; the message holds what it printed.
    """
    watched = Watched()
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        child = subprocess.Popen(
            arguments, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        while (found := os.wait4(child.pid, os.WNOHANG))[0] == 0:
            _look(watched, child.pid, time.perf_counter() - begin)
            time.sleep(SAMPLE)
        _, status, usage = found
        watched.whole.seconds = time.perf_counter() - begin
        # Linux counts ru_maxrss in KiB. That of the children is the largest one's, as far as they were waited for.
        watched.whole.largest = max(watched.whole.largest, usage.ru_maxrss * 1024 / 1e6)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            output.seek(0)
            raise RuntimeError(f"the program ended with {child.returncode}:\n{output.read().decode()}")
    return watched


def _look(watched: Watched, process: int, seconds: float) -> None:
    family = [process, *_children(process)]
    seen = [found for each in family if (found := _memory(each))]
    whole = watched.whole
    whole.together = max(whole.together, sum(pss for pss, _ in seen))
    whole.largest = max([whole.largest, *(peak for _, peak in seen)])
    if len(family) > 1:
        watched.first = Footprint(seconds, whole.together, whole.largest)


def _children(process: int) -> list[int]:
    direct: list[int] = []
    # Each thread has children of its own.
    for thread in Path(f"/proc/{process}/task").glob("*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            direct += map(int, (thread / "children").read_text(encoding="ascii").split())
    return [*direct, *(child for each in direct for child in _children(each))]


def _memory(process: int) -> tuple[float, float] | None:
    """Return (proportional set size, peak of the resident set) in MB; None when the process has ended."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return None
    pss, peak = _PSS.search(rollup), _PEAK.search(status)
    return (int(pss[1]) * 1024 / 1e6, int(peak[1]) * 1024 / 1e6) if pss and peak else None
