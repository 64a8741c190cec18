"""`blindcopy demo`: the whole job on invented mail."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.session import Session
from scanner.cli.terminal import Screen
from scanner.errors import ExitCode

NAME = "demo"
EXAMPLE = "blindcopy demo ~/blindcopy-demo"


def command(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where store, settings and reports go; made if it is not there.")
    ] = Path("blindcopy-demo"),
) -> ExitCode:
    """
    See the whole job done on the sent mail of an invented organisation.

    An IMAP server on this machine serves three accounts; they are scanned, analysed and reported by the same code that
    reads a real server. Nothing leaves this machine.
    """
    from scanner.demo import run_demo

    session: Session = context.obj
    session.stores = True
    with session.progress("Demo") as progress:
        summary = run_demo(directory, progress)
    screen = Screen()
    for line in summary.lines():
        # A path stays whole, so that it can be copied; sentences are broken at words.
        (screen.line if str(directory) in line else screen.paragraph)(line)
    return ExitCode.COMPLETE
