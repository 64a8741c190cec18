"""Progress on stderr, with tqdm: a bar on a terminal, nothing in a log file."""

import sys
from types import TracebackType
from typing import NoReturn, Self

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from scanner.cli.terminal import safe


class TerminalProgress:
    """
    The `scanner.model.Progress` of a terminal.

    Args:
        doing: What the bar stands for, one word.

        quiet: Show neither the bar nor the lines.
    """

    def __init__(self, doing: str, *, quiet: bool = False) -> None:
        self._quiet = quiet
        # disable=None: no bar when stderr is no terminal.
        self._bar: tqdm[NoReturn] = tqdm(
            desc=doing,
            total=0,
            disable=True if quiet else None,
            file=sys.stderr,
            unit="",
            leave=False,
            dynamic_ncols=True,
        )
        self._logging = logging_redirect_tqdm()

    def expect(self, total: int) -> None:
        """Add `total` items to what is to be done."""
        first = not self._bar.total
        self._bar.total = (self._bar.total or 0) + total
        if first:
            # Later totals are shown with the next advance: a caller may expect items one by one.
            self._bar.refresh()

    def advance(self, count: int) -> None:
        """Say that `count` more items are done."""
        self._bar.update(count)

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        if not self._quiet:
            tqdm.write(safe(text), file=sys.stderr)

    def __enter__(self) -> Self:
        self._logging.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
        self._logging.__exit__(kind, error, trace)
