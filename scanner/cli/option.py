"""Options that several commands share, with one wording."""

from typing import Annotated

import typer

AccountNames = Annotated[
    list[str] | None, typer.Option("--account", metavar="NAME", help="Only this account; may be repeated.")
]

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON on stdout, for programs.")]
