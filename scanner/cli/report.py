"""`blindcopy report`: write what was found into a file."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.option import PasswordEnv, password_from
from scanner.cli.session import Session
from scanner.cli.terminal import Screen
from scanner.errors import ExitCode
from scanner.export import Audience

NAME = "report"
EXAMPLE = "blindcopy report impact-list.xlsx"


def command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; .xlsx, .html or .json says in which form.")
    ],
    audience: Annotated[Audience, typer.Option("--for", help="Who is to read it.")] = "internal",
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Pseudonyms in place of names, addresses, subjects, accounts.")
    ] = False,
    password_env: PasswordEnv = "",
) -> ExitCode:
    """
    Write the impact list: incidents, messages, people, exposures, viewers, coverage.

    A workbook (.xlsx) or one page (.html) for people, JSON (.json) for programs. The file is readable by you only, and
    an existing one is never overwritten. It is itself a list of the people concerned: handle it as you would handle
    the mail.

    With --pseudonymise everybody keeps one pseudonym in all reports; who has the key, a file beside the store, can link
    it to the person again. With --password-env the workbook is encrypted, and opens in Excel and LibreOffice by it.
    """
    from scanner.pipeline.report import write_report

    session: Session = context.obj
    settings = session.settings()
    password = password_from(password_env)
    with session.progress("Writing") as progress:
        write_report(settings, file, audience=audience, pseudonymise=pseudonymise, password=password, progress=progress)
    Screen().line(f"Report  {file}")
    return ExitCode.COMPLETE
