"""The list of commands, and the options that stand before any of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

import scanner
from scanner.cli import (
    analyse,
    check,
    db,
    decide,
    delivery,
    demo,
    init,
    look,
    people,
    preserve,
    purge,
    queue,
    report,
    scan,
    show,
    status,
    track,
    verify,
)
from scanner.cli.session import Session

_HELP = """
Find the mail that should have been blind-copied.

Blindcopy reads the headers of sent mail over IMAP, finds messages that showed outsiders to each other in To or Cc,
and ranks them, with reasons, for a person to decide. It changes nothing on the server and reads no body
(`blindcopy preserve`, of confirmed incidents, apart).

New here: `blindcopy demo`, then `blindcopy init`, `blindcopy check`, `blindcopy scan`, `blindcopy queue`.
"""

_EPILOG = (
    "Exit codes: 0 complete; 1 complete, with new gaps or a failed account; 2 nothing scanned or not finished; "
    "3 new incidents (scan --signal-new); 130 interrupted; 143 terminated."
)

_HELP_OPTIONS = ["-h", "--help"]

app = typer.Typer(
    name="blindcopy",
    help=_HELP,
    epilog=_EPILOG,
    no_args_is_help=True,
    # Markdown joins the lines of a paragraph, so that help is broken where the terminal ends.
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": _HELP_OPTIONS},
)


Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="The settings; default $BLINDCOPY_CONFIG, else ./blindcopy.toml."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr, only errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what goes on, by account number.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an unexpected fault.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"blindcopy {scanner.__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
]


@app.callback()
def options(
    context: typer.Context,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
    _version: Version = False,
) -> None:
    # No docstring: typer would print it; the help of the whole program stands above.
    session: Session = context.obj
    session.config, session.quiet, session.verbose, session.debug = config, quiet, verbose, debug
    session.start_logging()


for _module in (
    demo,
    init,
    check,
    scan,
    analyse,
    delivery,
    look,
    queue,
    show,
    decide,
    track,
    people,
    report,
    preserve,
    status,
    verify,
    purge,
    db,
):
    app.command(_module.NAME, epilog=f"Example: {_module.EXAMPLE}")(_module.command)


def command() -> Any:
    """Return the command line as an object that parses and runs."""
    group = typer.main.get_group(app)
    for part in (group, *group.commands.values()):
        asking = part.get_help_option(typer.Context(part, help_option_names=_HELP_OPTIONS))
        for parameter in (*part.params, asking):
            # A switch takes no value; typer would print <bool> beside it.
            if parameter is not None and getattr(parameter, "is_flag", False):
                parameter.metavar = ""
    return group
