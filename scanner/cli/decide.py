"""`blindcopy decide KEY VERDICT`: what a person decides on an incident."""

import time
from enum import StrEnum
from typing import Annotated

import typer

from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode
from scanner.export.decision import standing_texts
from scanner.export.moment import Clock

NAME = "decide"
EXAMPLE = 'blindcopy decide 3f2a dismiss --reason "All of them sit on the same board" --expires 2027-06-30'


class Answer(StrEnum):
    """What can be decided."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    ASK = "ask"
    REOPEN = "reopen"


class Reach(StrEnum):
    """What a dismissal covers."""

    INCIDENT = "incident"
    SENDER = "sender"
    LIST = "list"


def command(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key from `blindcopy queue`, or the beginning of it.")],
    answer: Annotated[Answer, typer.Argument(metavar="VERDICT", help="confirm, dismiss, ask or reopen.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; required.")] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decided; default: you.")] = "",
    scope: Annotated[
        Reach,
        typer.Option(
            "--scope",
            metavar="WHAT",
            help="What a dismissal covers: this incident; sender: all from its senders; list: all that expose nobody "
            "but those exposed here.",
        ),
    ] = Reach.INCIDENT,
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY", help="The last day of a dismissal, like 2027-06-30.")
    ] = "",
    aware_at: Annotated[
        str,
        typer.Option(
            "--aware-at",
            metavar="TIME",
            help="When somebody in your house knew, local: 2026-11-22 16:40. Needs a source.",
        ),
    ] = "",
    aware_source: Annotated[
        str, typer.Option("--aware-source", metavar="TEXT", help="Who knew, and how: a call, a reply, this queue.")
    ] = "",
    reported_at: Annotated[
        str, typer.Option("--reported-at", metavar="TIME", help="When it was reported to you, if it was.")
    ] = "",
    as_json: AsJson = False,
) -> ExitCode:
    """
    Decide on one incident; the reason is required, and nothing is ever overwritten.

    A decision remembers the messages and people it judged: new ones reopen the incident. Deadlines run from the moment
    of awareness; when none is given, from the report or the confirmation, whichever came first.
    """
    from scanner.pipeline.review import Verdicted, decide
    from scanner.review import read_last_day, read_moment

    session: Session = context.obj
    settings = session.settings()
    zone = settings.zone

    def moment(text: str, option: str) -> int | None:
        return read_moment(text, zone, where=option) if text else None

    wanted = Verdicted(
        verdict=answer.value,
        reason=reason,
        decided_by=by,
        scope=scope.value,
        expires_at=read_last_day(expires, zone, where="--expires") if expires else None,
        aware_at=moment(aware_at, "--aware-at"),
        aware_source=aware_source,
        reported_at=moment(reported_at, "--reported-at"),
    )
    done = decide(settings, key, wanted)
    if as_json:
        from scanner.export.json_report import standing_object

        print_json({"id": done.incident.key, "number": done.decision.number, **standing_object(done.incident.standing)})
        return ExitCode.COMPLETE
    screen = Screen()
    if not done.incident.key.startswith(done.asked_for.strip().lower()):
        screen.line(f"{done.asked_for} is part of {done.incident.key} now.")
    screen.line(f"{done.incident.key}  {done.incident.status}", style="bold")
    for text in standing_texts(done.incident.standing, Clock(settings.time_zone), int(time.time())):
        screen.paragraph(text, indent=2)
    if done.others:
        verb = "covered by it" if answer == Answer.DISMISS else "open again"
        screen.paragraph(f"{count(done.others, 'other incident')} of the queue: {verb}.", indent=2)
    return ExitCode.COMPLETE
