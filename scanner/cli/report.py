"""`blindcopy report`: write what was found into a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from scanner.cli.option import PasswordEnv, password_from
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, note
from scanner.cli.words import count
from scanner.errors import ExitCode
from scanner.export import Audience, Request, Withheld, WithheldField

NAME = "report"
EXAMPLE = "blindcopy report impact-list.xlsx"

_WITHHELD: dict[WithheldField, str] = {
    "aware": "the source of awareness names somebody and is left out; confirm again with one that does not",
    "effects": "the effects name somebody and are left out; note them again without names",
    "label": "the name of its label may name somebody and is left out; fill in what is sensitive",
    "measures": "the measures name somebody and are left out; note them again without names",
    "people": "the reason not to tell the people names somebody and is left out; decide again without names",
}
"""What is told of a text that a file leaves out; never the text."""


def command(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file to write: .xlsx, .html, .json, .csv or .parquet; or a folder."),
    ],
    audience: Annotated[Audience, typer.Option("--for", help="Who is to read it.")] = "internal",
    what: Annotated[
        str,
        typer.Option("--what", metavar="NAME", help="A table; for others: confirmed, queued, all or KEY,KEY."),
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="N", help="Open with what changed since export N, or last.")
    ] = "",
    form: Annotated[
        str, typer.Option("--form", metavar="NAME", help="For the authority: gdpr, de, ico or hipaa.")
    ] = "gdpr",
    template: Annotated[
        str, typer.Option("--template", metavar="FILE", help="For the letter: your own text, {Fields} in braces.")
    ] = "",
    tables: Annotated[
        Literal["csv", "parquet"], typer.Option("--tables", help="For a folder: the kind of its files.")
    ] = "csv",
    excel: Annotated[
        bool, typer.Option("--excel", help="CSV with semicolons and a byte order mark, for Excel.")
    ] = False,
    pseudonymise: Annotated[
        bool, typer.Option("--pseudonymise", help="Pseudonyms in place of names, addresses, subjects, accounts.")
    ] = False,
    password_env: PasswordEnv = "",
) -> ExitCode:
    """
    Write the impact list: incidents, messages, people, exposures, viewers, coverage.

    A workbook (.xlsx) or one page (.html) for people; JSON (.json) for programs; one table as .csv or .parquet, or all
    of them in a new folder (a name without suffix). What is written is readable by you only, and nothing is ever
    overwritten. It is itself a list of the people concerned: handle it as you would handle the mail.

    --for investigator writes a .zip: raw headers, policy, decisions, figures, and programs that check and recount them.

    A manifest beside it (hashes, versions, policy) and a row in the log of exports tell later what was handed out;
    `blindcopy verify FILE` compares.

    With --pseudonymise everybody keeps one pseudonym in all reports; who has the key, a file beside the store, can tie
    it to the person again. With --password-env the workbook is encrypted, and opens in Excel and LibreOffice by it.
    """
    from scanner.pipeline.keeping.handing_out import write_report

    session: Session = context.obj
    settings = session.settings()
    withheld: list[Withheld] = []
    request = Request(
        audience=audience,
        password=password_from(password_env),
        what=what,
        tables=tables,
        excel=excel,
        form=form,
        template=template,
        since=since,
        tell=withheld.append,
    )
    if audience == "people" and not session.quiet:
        for remark in settings.register_remarks():
            note(f"blindcopy: note: {remark}")
    with session.progress("Writing") as progress:
        done = write_report(settings, file, request, pseudonymise=pseudonymise, progress=progress)
    if done.not_told:
        note(
            f"blindcopy: left out, because it was decided not to tell the {audience} of "
            f"{'it, or that it is no breach' if len(done.not_told) == 1 else 'them, or that they are no breach'}: "
            f"{', '.join(done.not_told)}; --what KEY,KEY writes it all the same"
        )
    missing = done.missing_headers
    if missing:
        note(
            f"blindcopy: {count(missing, 'header')} of its messages {'is' if missing == 1 else 'are'} not kept, and "
            "recount.py will say so; `blindcopy scan` fetches those that the servers still have"
        )
    for one in withheld:
        # Its place, not the word: what is told here may end in a log.
        place = f" (word {one.word} looks like a name)" if one.word else ""
        note(f"blindcopy: note: incident {one.incident}: {_WITHHELD[one.field]}{place}")
    screen = Screen()
    screen.line(f"Report    {file}")
    screen.line(f"Manifest  {done.manifest}")
    if len(done.files) == 1:
        screen.line(f"SHA-256   {done.files[0][1]}")
    return ExitCode.COMPLETE
