"""How commands end: every error becomes one line on stderr and an exit code."""

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import NoReturn

import typer

from scanner.cli.session import Session
from scanner.cli.terminal import note, safe
from scanner.errors import ExitCode, ScannerError

_AGAIN = 0.05
"""Seconds after which a signal that was lost is sent again."""

_KEPT = "; what was stored so far is kept; run the same command again to go on"


def run(arguments: Sequence[str]) -> int:
    """
    Run one command and return its exit code.

    SIGINT and SIGTERM unwind the command, so that open transactions roll
    back, and end with 130 and 143. An error that is not ours is a bug: one
    line, and the traceback with --debug.
    """
    session = Session()
    # A name that the terminal's encoding lacks must not turn an answer into a traceback.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    previous = signal.signal(signal.SIGTERM, _terminate)
    tell = sys.unraisablehook
    sys.unraisablehook = partial(_unraisable, tell)
    try:
        return _run(arguments, session)
    except ScannerError as error:
        note(f"blindcopy: {error}")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort, _TerminatedError) as signalled:
        return _stopped(signalled, session)
    except (BrokenPipeError, SystemExit):
        # Whoever read our answer has gone (`blindcopy queue | head`); rich makes that a SystemExit(1), which would
        # mean gaps. What is still buffered has nowhere to go.
        _drop_answer()
        return ExitCode.FAILED
    except OSError as error:
        # The machine's doing rather than a bug: a full disk behind stdout, a folder that may not be read.
        _drop_answer()
        place = f"{error.filename}: " if error.filename else ""
        note(f"blindcopy: {place}{error.strerror or type(error).__name__}")
        if session.debug:
            traceback.print_exc()
        return ExitCode.FAILED
    except Exception as error:
        if session.debug:
            traceback.print_exc()
        if (behind := _signal_behind(error)) is not None:
            return _stopped(behind, session)
        if not session.debug:
            # The text of a foreign error may quote mail: only its kind is shown.
            note(f"blindcopy: a fault of Blindcopy itself ({type(error).__name__}); see it with `blindcopy --debug …`")
        raise SystemExit(ExitCode.FAILED) from error
    finally:
        sys.unraisablehook = tell
        signal.signal(signal.SIGTERM, previous)


def _run(arguments: Sequence[str], session: Session) -> int:
    from scanner.cli.app import command

    try:
        # Not the stand-alone mode: it prints errors in boxes and makes a broken pipe exit code 1, which means gaps.
        with command().make_context("blindcopy", list(arguments), obj=session) as context:
            code = context.command.invoke(context)
            sys.stdout.flush()
            return int(code or ExitCode.COMPLETE)
    except typer.Exit as ending:
        return ending.exit_code
    except typer.TyperException as error:
        return _usage(error)


def _stopped(signalled: BaseException, session: Session) -> int:
    kept = _KEPT if session.stores else ""
    if isinstance(signalled, _TerminatedError):
        note(f"blindcopy: terminated{kept}")
        return ExitCode.TERMINATED
    note(f"blindcopy: interrupted{kept}")
    return ExitCode.INTERRUPTED


def _signal_behind(error: BaseException) -> BaseException | None:
    """
    Return the signal while whose handling an error came up, None when there was none.

    A signal can come between any two instructions, so also between a lock's
    release and what notes it: the standard library then fails on the way out.
    """
    behind = error.__context__
    while behind is not None and not isinstance(behind, (KeyboardInterrupt, _TerminatedError)):
        behind = behind.__context__
    return behind


def _unraisable(tell: Callable[["sys.UnraisableHookArgs"], object], lost: "sys.UnraisableHookArgs") -> None:
    """
    Send a signal again that came while an object was freed, where no exception leads anywhere.

    The interpreter would print its traceback and go on as if nobody had asked the command to end.
    """
    if isinstance(lost.exc_value, KeyboardInterrupt):
        _send_later(signal.SIGINT)
    elif isinstance(lost.exc_value, _TerminatedError):
        _send_later(signal.SIGTERM)
    else:
        tell(lost)


def _send_later(number: signal.Signals) -> None:
    # Later, and from another thread: at once, it would come within the very callback in which it was lost.
    again = threading.Timer(_AGAIN, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def _drop_answer() -> None:
    """Let what is still buffered go nowhere: written at exit, it would fail again and change the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: typer.TyperException) -> int:
    """Print what was wrong with the call, in one line, or the help when nothing was asked for."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context:
        # With rich, get_help prints by itself and returns nothing.
        typer.echo(context.get_help(), nl=False)
        return ExitCode.FAILED
    words = " ".join(safe(error.format_message()).split())
    place = context.command_path if context else "blindcopy"
    note(f"blindcopy: {words}{'' if words.endswith(('.', '?')) else '.'} See `{place} --help`")
    return ExitCode.FAILED


class _TerminatedError(BaseException):
    """SIGTERM came. Not an Exception, so that nothing below takes it for an error to handle."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TerminatedError
