"""`blindcopy init`: a first settings file and an empty store."""

from typing import Annotated

import typer

from scanner.cli.session import Session
from scanner.cli.terminal import Screen
from scanner.errors import ExitCode

NAME = "init"
EXAMPLE = "blindcopy init --domain corp.example --host imap.corp.example --user office@corp.example"


def command(
    context: typer.Context,
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="Your own mail domain.")] = "",
    host: Annotated[str, typer.Option(metavar="HOST", help="The IMAP server.")] = "",
    user: Annotated[str, typer.Option(metavar="USER", help="The login of the first account.")] = "",
) -> ExitCode:
    """
    Write a commented blindcopy.toml and make the store.

    What you leave out stands in the file as an example to change. A file that is there already is left as it is.
    """
    from scanner.config import load_settings, write_template
    from scanner.config.loading import new_settings_path
    from scanner.pipeline.upkeep import create_store

    session: Session = context.obj
    path = new_settings_path(session.config)
    values = {"domain": domain, "name": domain, "host": host, "user": user, "account": user}
    given = {name: value for name, value in values.items() if value}
    write_template(path, **given)
    store = create_store(load_settings(path))

    screen = Screen()
    screen.line(f"Settings  {path}")
    screen.line(f"Store     {store}")
    screen.line()
    open_points = " and ".join(name for name in ("domain", "host", "user") if not values[name])
    if open_points:
        screen.line(f"Next: put your own {open_points} into the settings, then: {session.call('check')}")
    else:
        screen.line(f"Next: read through the settings, then: {session.call('check')}")
    return ExitCode.COMPLETE
