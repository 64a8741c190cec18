"""Progress on stderr, with tqdm: a bar on a terminal, nothing in a log file."""

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from scanner.cli.terminal import safe

if TYPE_CHECKING:
    # The bar never walks through items itself; tqdm takes a type argument in its stubs only.
    _TqdmOfNothing = tqdm[NoReturn]
else:
    _TqdmOfNothing = tqdm

_NOT_YET = 1e-9
"""Seconds; tqdm draws a bar without delay as soon as it is made."""

_FORMAT = "{desc}: {percentage:3.0f}%|{bar}| {done:,}/{todo:,} [{elapsed}<{left}{more}]"


class TerminalProgress:
    """
    The `scanner.model.ScanProgress` of a terminal; may be used by several threads.

    The time that is left is that of the whole run so far, waits included,
    drawn out to its end; never less than the waits that are known.

    Args:
        doing: What the bar stands for, one word.

        quiet: Show neither the bar nor the lines.
    """

    def __init__(self, doing: str, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._lock = threading.RLock()
        # disable=None: no bar when stderr is no terminal.
        self._bar = _Bar(
            desc=doing,
            total=0,
            disable=True if quiet else None,
            file=sys.stderr,
            unit="",
            leave=False,
            # Nothing is drawn before there is something to do: passwords are asked for first.
            delay=_NOT_YET,
            dynamic_ncols=True,
            bar_format=_FORMAT,
        )
        self._logging = logging_redirect_tqdm()

    def expect(self, total: int) -> None:
        """Add `total` items to what is to be done; fewer than none when some of it will not be done after all."""
        with self._lock:
            first = not self._bar.total
            self._bar.total = (self._bar.total or 0) + total
            if first:
                # Later totals are shown with the next advance: a caller may expect items one by one.
                self._bar.refresh()

    def advance(self, count: int) -> None:
        """Say that `count` more items are done."""
        with self._lock:
            self._bar.update(count)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        if not self._quiet:
            with self._lock:
                tqdm.write(safe(text), file=sys.stderr)

    def accounts(self, total: int) -> None:
        """Show how many of so many accounts are done, unless it is only one."""
        with self._lock:
            self._bar.accounts = total
            # The time that a person needed to type passwords is no measure of the work.
            self._bar.start_t = time.time()

    def account_done(self, text: str) -> None:
        """Count one account more; on a terminal with several, print its line above the bar."""
        with self._lock:
            self._bar.accounts_done += 1
            if self._bar.accounts > 1 and not self._bar.disable:
                tqdm.write(safe(text), file=sys.stderr)
            self._bar.refresh()

    def wait(self, nothing: float, last: float) -> None:
        """Show for how many seconds nothing can go on, and reckon with the wait that ends last."""
        with self._lock:
            now = time.monotonic()
            waited = self._bar.last_until > now
            self._bar.nothing_until, self._bar.last_until = now + nothing, now + last
            if last or waited:
                self._bar.refresh()

    def __enter__(self) -> Self:
        self._logging.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
        self._logging.__exit__(kind, error, trace)


class _Bar(_TqdmOfNothing):
    """A bar that knows of accounts and waits."""

    # tqdm's watching thread is for bars that are seldom updated, and beside a thread the scan cannot copy itself.
    monitor_interval = 0

    accounts = 0
    accounts_done = 0
    nothing_until = 0.0
    last_until = 0.0

    @property
    def format_dict(self) -> Any:
        """What the format of the bar may name."""
        values = super().format_dict
        now = time.monotonic()
        nothing, last = max(0.0, self.nothing_until - now), max(0.0, self.last_until - now)
        left = time_left(values["n"], values["total"] or 0, values["elapsed"], nothing, last)
        parts = [f"{self.accounts_done:,}/{self.accounts:,} accounts"] if self.accounts > 1 else []
        if nothing >= 1:
            parts.append(f"waiting {nothing:.0f} s")
        return {
            **values,
            "done": values["n"],
            "todo": values["total"] or 0,
            "left": "?" if left is None else self.format_interval(left),
            "more": "".join(f", {part}" for part in parts),
        }


def time_left(done: int, total: int, elapsed: float, nothing: float, last: float) -> float | None:
    """
    Return how many seconds are left, None when nothing can be said yet.

    Args:
        done: Items done.

        total: Items expected.

        elapsed: Seconds since the beginning, waits included.

        nothing: Seconds for which nothing can go on.

        last: Seconds until the last known wait ends; other work goes on meanwhile.
    """
    rest = max(0, total - done)
    if not done:
        return last or None
    return max(last, nothing + rest * elapsed / done)
