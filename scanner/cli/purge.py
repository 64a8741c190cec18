"""`blindcopy purge`: erase what entries of the log of decisions say."""

from typing import Annotated

import typer

from scanner.cli.decision_log import print_entry
from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode, UsageError
from scanner.export.words.moment import Clock

NAME = "purge"
EXAMPLE = 'blindcopy purge 7 12 --reason "asked for erasure on 3 May" --apply'


def command(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(metavar="[NUMBER]…", help="Entries, as `blindcopy decide --log` numbers them.")
    ] = None,
    before: Annotated[
        str, typer.Option("--before", metavar="DAY", help="All entries that were written before this day.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; required to write.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who answers for it; default: you.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Erase; otherwise it is only shown.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Erase what entries of the log of decisions say: reasons, addresses, flags, channels.

    That there was an entry, who stated it and when stays, and so do the hashes: the chain still holds. An incident
    whose decision is erased is open again. What was erased and why is an entry itself. Reports, and copies of the
    store, that were made before still hold it.

    Stored mail is not touched: to keep less of it, narrow `[mandate]` or the accounts and scan into a new store.
    """
    from scanner.pipeline.keeping.purge import purge
    from scanner.review import read_moment

    session: Session = context.obj
    settings = session.settings()
    if not numbers and not before:
        raise UsageError("what is to be erased is missing", where="NUMBER", remedy="Name entries, or use --before")
    moment = read_moment(before, settings.zone, where="--before") if before else None
    done = purge(settings, numbers or (), before=moment, reason=reason, by=by, apply=apply)
    if as_json:
        print_json(
            {
                "schema": "blindcopy/purge/1",
                "entries": [one.number for one in done.entries],
                "reopened": list(done.reopened),
                "erased": done.is_done,
            }
        )
        return ExitCode.COMPLETE
    screen, clock = Screen(), Clock(settings.time_zone)
    for entry in done.entries:
        print_entry(screen, clock, entry)
    for key in done.reopened:
        screen.paragraph(f"{key} {'is' if done.is_done else 'will be'} open again.", style="yellow")
    what = count(len(done.entries), "entry", "entries")
    if done.is_done:
        screen.line(f"Erased: {what}.")
    elif done.entries:
        chosen = (*map(str, numbers or ()), *(("--before", before) if before else ()), *(("--by", by) if by else ()))
        screen.line(f"{what}, not erased yet.")
        screen.line(f"To erase: {session.call('purge', *chosen, '--reason', reason or 'WHY', '--apply')}")
    else:
        screen.line("There is nothing to erase.")
    return ExitCode.COMPLETE
