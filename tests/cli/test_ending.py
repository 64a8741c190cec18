"""However a command ends, it says so in one line and one exit code."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

import scanner
from scanner.cli import app, ending
from scanner.cli.ending import run
from scanner.errors import ExitCode, SettingsError


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Return a function that makes `blindcopy try` do what it is given."""

    def replace(action: Callable[[], Any]) -> None:
        program = typer.Typer(add_completion=False)
        program.callback()(app.options)
        program.command("try")(action)
        monkeypatch.setattr(app, "command", lambda: typer.main.get_command(program))

    return replace


def raising(error: BaseException) -> Callable[[], None]:
    """Return a command that raises an error."""

    def action() -> None:
        raise error

    return action


def test_an_error_of_ours_is_one_line(command: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """What, where and what to do stand on one line of stderr; stdout stays empty."""
    command(raising(SettingsError("it broke", where="here", remedy="Mend it")))

    code = run(["try"])

    assert code == ExitCode.FAILED
    assert capsys.readouterr() == ("", "blindcopy: here: it broke. Mend it\n")


def test_an_unexpected_error_shows_no_traceback(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """A bug is one line without the text of the error, which may quote mail."""
    command(raising(ValueError("ada@example.org")))

    with pytest.raises(SystemExit) as caught:
        run(["try"])

    err = capsys.readouterr().err
    assert caught.value.code == ExitCode.FAILED
    assert "ada@example.org" not in err
    assert "--debug" in err
    assert err.count("\n") == 1


def test_debug_shows_the_traceback(command: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever asks for it sees where the fault lies."""
    command(raising(ValueError("why")))

    with pytest.raises(SystemExit):
        run(["--debug", "try"])

    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130(command: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """SIGINT ends with 128 + 2 and says so."""
    command(lambda: os.kill(os.getpid(), signal.SIGINT))

    code = run(["try"])

    assert code == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_what_fails_on_the_way_out_is_no_fault_of_its_own(
    number: signal.Signals, code: int, command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """A lock torn apart by the signal fails when it is released: the command was ended all the same, not broken."""

    def action() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            threading.Lock().release()

    command(action)

    assert run(["try"]) == code
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "fault" not in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_an_object_is_freed_is_not_lost(
    number: signal.Signals, code: int, command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is raised in a finaliser leads nowhere: the signal is sent again, and nobody reads a traceback."""

    class Signalled:
        sent = 0

        def __del__(self) -> None:
            type(self).sent += 1
            os.kill(os.getpid(), number)

    def action() -> None:
        Signalled()
        threading.Event().wait(10)

    before = sys.unraisablehook
    command(action)

    assert run(["try"]) == code
    assert Signalled.sent == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert sys.unraisablehook is before


def test_only_a_command_that_stores_says_what_is_kept(
    command: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """At the password prompt of a check nothing is stored, and nothing would go on."""

    def storing(context: typer.Context) -> None:
        context.obj.stores = True
        raise KeyboardInterrupt

    command(raising(KeyboardInterrupt()))
    run(["try"])
    checked = capsys.readouterr().err
    command(storing)
    run(["try"])

    assert checked == "blindcopy: interrupted\n"
    assert "what was stored so far is kept" in capsys.readouterr().err


def test_sigterm_is_143_and_unwinds(command: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """SIGTERM ends with 128 + 15, after open work was closed; the former handler is back afterwards."""
    closed = []
    before = signal.getsignal(signal.SIGTERM)

    def action() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            closed.append(True)

    command(action)
    code = run(["try"])

    assert code == 143
    assert closed == [True]
    assert "terminated" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["show"], "KEY"),
        (["scan", "--nonsense"], "--nonsense"),
        (["report"], "FILE"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped command or option names itself and the help that explains it."""
    code = run(arguments)

    out, err = capsys.readouterr()
    assert code == ExitCode.FAILED
    assert out == ""
    assert err.startswith("blindcopy: ")
    assert err.count("\n") == 1
    assert said in err
    assert "--help" in err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Called bare, the program introduces itself; nothing was done, so it is no success."""
    code = run([])

    assert code == ExitCode.FAILED
    assert "blind-copied" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    """--version prints what is installed."""
    code = run(["--version"])

    assert code == ExitCode.COMPLETE
    assert capsys.readouterr().out == f"blindcopy {scanner.__version__}\n"


def test_a_reader_that_went_away_is_no_traceback(tmp_path: Path) -> None:
    """`blindcopy --help | true`: the broken pipe is no success and no noise."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "scanner.cli", "queue", "--help"],
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    os.close(write)

    assert done.returncode == ExitCode.FAILED
    assert done.stderr == ""


def test_a_full_disk_behind_the_answer_is_one_line(tmp_path: Path) -> None:
    """`blindcopy --help >/dev/full` says what the system says, and ends with a code of the contract."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scanner.cli", "queue", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )

    assert done.returncode == ExitCode.FAILED
    assert done.stderr == "blindcopy: No space left on device\n"


def test_main_ends_the_process_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console script hands on what `run` returned."""
    monkeypatch.setattr(sys, "argv", ["blindcopy", "--version"])

    with pytest.raises(SystemExit) as caught:
        scanner.cli.main()

    assert caught.value.code == ExitCode.COMPLETE
    assert ending.run is run
