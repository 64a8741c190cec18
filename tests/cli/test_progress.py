"""Progress goes to stderr, and only where somebody watches."""

import io
import re
import sys
from collections.abc import Callable

import pytest

from scanner.cli.progress import TerminalProgress
from scanner.cli.terminal import safe

WAIT = "account 1: busy\x1b[2J; waiting 5 s"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], io.StringIO]:
    """Return a function that puts a stream in the place of stderr: a terminal, or a file."""

    def replace(is_terminal: bool) -> io.StringIO:
        stream = _Terminal() if is_terminal else io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return replace


def _work(progress: TerminalProgress) -> None:
    with progress:
        progress.expect(2)
        progress.expect(2)
        progress.advance(3)
        progress.say(WAIT)
        progress.advance(1)


def test_a_terminal_shows_a_bar_with_the_whole_total(stderr: Callable[[bool], io.StringIO]) -> None:
    """What is expected later joins the same bar; lines stand above it, without their escape sequences."""
    stream = stderr(True)

    _work(TerminalProgress("Scanning"))

    shown = stream.getvalue()
    assert re.search(r"Scanning: .*/4 ", shown)
    assert f"{safe(WAIT)}\n" in shown


def test_a_log_file_gets_lines_but_no_bar(stderr: Callable[[bool], io.StringIO]) -> None:
    """Carriage returns and bars would fill the mail of a cron job."""
    stream = stderr(False)

    _work(TerminalProgress("Scanning"))

    assert stream.getvalue() == f"{safe(WAIT)}\n"


def test_quiet_shows_nothing(stderr: Callable[[bool], io.StringIO]) -> None:
    """--quiet leaves errors only, which do not pass here."""
    stream = stderr(True)

    _work(TerminalProgress("Scanning", quiet=True))

    assert stream.getvalue() == ""
