"""Progress goes to stderr, and only where somebody watches."""

import io
import re
import sys
from collections.abc import Callable

import pytest

from scanner.cli.progress import TerminalProgress, time_left
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


def test_nothing_is_drawn_before_there_is_something_to_do(stderr: Callable[[bool], io.StringIO]) -> None:
    """A person may be asked for passwords first, on the same terminal."""
    stream = stderr(True)

    with TerminalProgress("Scanning") as progress:
        before = stream.getvalue()
        progress.accounts(2)
        progress.expect(4)
        after = stream.getvalue()

    assert before == ""
    assert "Scanning:" in after


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


def test_a_scan_of_several_accounts_counts_them_and_shows_waits(stderr: Callable[[bool], io.StringIO]) -> None:
    """One bar: messages, accounts that ended, and the wait that is left; each account's line stands above it."""
    stream = stderr(True)

    with TerminalProgress("Scanning") as progress:
        progress.accounts(3)
        progress.expect(3_000)
        progress.advance(1_000)
        progress.account_done("account 2: 1,000 new")
        progress.wait(45.9, 45.9)

    shown = stream.getvalue()
    assert "1,000/3,000" in shown
    assert "1/3 accounts" in shown
    assert "waiting 4" in shown
    assert "account 2: 1,000 new\n" in shown


def test_one_account_is_not_counted(stderr: Callable[[bool], io.StringIO]) -> None:
    """Its counts are the answer of the command."""
    stream = stderr(True)

    with TerminalProgress("Scanning") as progress:
        progress.accounts(1)
        progress.expect(10)
        progress.account_done("account 1: 10 new")

    assert "account" not in stream.getvalue()


def test_accounts_that_end_are_not_told_to_a_log_file(stderr: Callable[[bool], io.StringIO]) -> None:
    """The answer names them; a cron job's mail holds what went wrong."""
    stream = stderr(False)

    with TerminalProgress("Scanning") as progress:
        progress.accounts(3)
        progress.account_done("account 2: 1,000 new")
        progress.wait(45, 45)

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("figures", "left"),
    [
        # As fast as so far, whatever of that were waits.
        ((100, 400, 60.0, 0.0, 0.0), 180.0),
        # Nothing goes on for half a minute: all that is left comes after it.
        ((100, 400, 60.0, 30.0, 30.0), 210.0),
        # One account waits for five minutes, the others need less.
        ((100, 400, 60.0, 0.0, 300.0), 300.0),
        ((0, 400, 60.0, 20.0, 20.0), 20.0),
        ((0, 400, 60.0, 0.0, 0.0), None),
        ((400, 400, 60.0, 0.0, 0.0), 0.0),
    ],
)
def test_the_time_left_reckons_with_waits(figures: tuple[int, int, float, float, float], left: float | None) -> None:
    """Waits that were are in the pace, waits to come are added, and none is shorter than it is known to be."""
    assert time_left(*figures) == left
