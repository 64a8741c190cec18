"""Options that several commands share, with one wording."""

import os
from typing import Annotated

import typer

from scanner.errors import UsageError

AccountNames = Annotated[
    list[str] | None, typer.Option("--account", metavar="NAME", help="Only this account; may be repeated.")
]

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON on stdout, for programs.")]

PasswordEnv = Annotated[
    str, typer.Option("--password-env", metavar="NAME", help="The variable that holds the file's password.")
]


def decimal(text: str) -> float:
    """Return a number with a decimal point or comma. Raises typer.BadParameter for anything else."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError as error:
        raise typer.BadParameter("this is no number; write it like 0.75") from error


def password_from(variable: str) -> str | None:
    """
    Return the password that an environment variable holds; None when none is named.

    A command line is seen by everybody on the machine, so no password stands on it.

    Raises:
        UsageError: The variable is not set, or empty.
    """
    if not variable:
        return None
    password = os.environ.get(variable, "")
    if not password:
        raise UsageError("holds no password", where=f"${variable}", remedy=f"Set it: export {variable}=…")
    return password
