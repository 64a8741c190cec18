"""`blindcopy db upgrade`: bring a store of an older version up to date."""

from typing import Annotated, Literal

import typer

from scanner.cli.session import Session
from scanner.cli.terminal import Screen
from scanner.errors import ExitCode

NAME = "db"
EXAMPLE = "blindcopy db upgrade"


def command(
    context: typer.Context,
    what: Annotated[Literal["upgrade"], typer.Argument(metavar="upgrade", help="Bring the store to this version.")],
) -> ExitCode:
    """
    Bring a store that an older Blindcopy made to this version.

    Everything that was stored and decided stays; all of it happens in one transaction, or nothing. Copy the store first
    all the same: it is your evidence. Afterwards run `blindcopy analyse`.
    """
    from scanner.pipeline.keeping.upkeep import upgrade_store

    session: Session = context.obj
    settings = session.settings()
    session.stores = True
    before, now = upgrade_store(settings)
    screen = Screen()
    if before == now:
        screen.line(f"The store is up to date (revision {now}).")
    else:
        screen.line(f"The store was brought from revision {before} to {now}. Next: blindcopy analyse")
    return ExitCode.COMPLETE
