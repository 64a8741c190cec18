"""`blindcopy preserve`: keep the whole mail of a confirmed incident as evidence."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen
from scanner.cli.words import count
from scanner.errors import ExitCode

NAME = "preserve"
EXAMPLE = "blindcopy preserve 3f1c --to evidence-3f1c"


def command(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The incident, or how its key begins.")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="A new folder; otherwise preserved-KEY.")
    ] = None,
) -> ExitCode:
    """
    Keep the whole mail of a confirmed incident as evidence.

    The one command that fetches more than headers, and of confirmed incidents only: one .eml for each stored copy, byte
    for byte, read without changing anything on the server. Nothing of it goes into the store. The folder and its files
    are yours alone; copies.csv names each copy, its SHA-256, and whether its header still is what was kept. A manifest
    and a row in the log of exports tell later what was preserved; `blindcopy verify FOLDER` compares.

    Exit code 1 when a copy could not be fetched, or says something else than it did.
    """
    from scanner.pipeline.keeping.preserve import preserve_incident

    session: Session = context.obj
    settings = session.settings()
    with session.progress("Preserving") as progress:
        done = preserve_incident(
            settings, key, to or Path(f"preserved-{key}"), password_prompt=password_prompt(), progress=progress
        )
    screen = Screen()
    kept = [one for one in done.copies if one.file]
    screen.line(f"Folder    {done.folder}")
    screen.line(f"Manifest  {done.manifest}")
    screen.line(f"{count(len(kept), 'mail')} of {count(len(done.copies), 'stored copy', 'stored copies')} preserved.")
    for one in done.copies:
        place = f"{one.copy.account} / {one.copy.mailbox}, UIDVALIDITY {one.copy.uidvalidity}, UID {one.copy.uid}"
        if not one.file:
            screen.paragraph(f"{place}: NOT PRESERVED, {one.detail}.")
        elif one.verdict == "changed":
            screen.paragraph(f"{place}: its header says something else than it did.")
        elif one.verdict == "rendered":
            screen.paragraph(f"{place}: other bytes of its header that say the same.")
    return ExitCode.COMPLETE if done.is_whole else ExitCode.GAPS
