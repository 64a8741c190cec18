"""`blindcopy analyse`: analyse again from the store."""

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AsJson
from scanner.cli.scan import print_analysis
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.errors import ExitCode

NAME = "analyse"
EXAMPLE = "blindcopy analyse"


def command(
    context: typer.Context,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Analyse again from the store, after a change of the settings.

    No server is asked. `scan` does this by itself at its end.
    """
    from scanner.pipeline.analysing.analysis import analyse_store

    session: Session = context.obj
    settings = session.settings()
    session.stores = True
    remarks = session.tell_remarks(settings)
    with session.progress("Analysing") as progress:
        outcome = analyse_store(settings, progress=progress)
    if as_json:
        notes = [remark.text for remark in remarks]
        print_json({"schema": "blindcopy/analyse/1", "analysis": plain(outcome), "notes": notes})
    else:
        print_analysis(Screen(), session, outcome)
    return ExitCode.COMPLETE
