"""`blindcopy decide KEY WHAT`: what a person decides on an incident."""

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.option import AsJson, PasswordEnv, decimal
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count, covered_text
from scanner.errors import ExitCode, UsageError
from scanner.export.words.decision import standing_texts
from scanner.export.words.moment import Clock
from scanner.model import Incident

if TYPE_CHECKING:
    from scanner.config import Settings

NAME = "decide"
EXAMPLE = 'blindcopy decide 3f2a dismiss --reason "All of them sit on the same board" --expires 2027-06-30'


class What(StrEnum):
    """What can be decided or noted."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    ASK = "ask"
    REOPEN = "reopen"
    BREACH = "breach"
    AUTHORITY = "authority"
    PEOPLE = "people"
    EFFECTS = "effects"
    MEASURES = "measures"
    SEVERITY = "severity"
    SIGN = "sign"


class Answer(StrEnum):
    """To the three questions on a confirmed incident."""

    YES = "yes"
    NO = "no"


class Reach(StrEnum):
    """What a dismissal covers."""

    INCIDENT = "incident"
    SENDER = "sender"
    LIST = "list"


_VERDICTS = (What.CONFIRM, What.DISMISS, What.ASK, What.REOPEN)


def command(
    context: typer.Context,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The key from `blindcopy queue`, or the beginning of it.")
    ] = "",
    what: Annotated[
        What | None,
        typer.Argument(
            metavar="WHAT",
            help="confirm, dismiss, ask, reopen; of a confirmed incident breach, authority, people (told?), effects, "
            "measures, severity; sign.",
        ),
    ] = None,
    answer: Annotated[
        Answer | None, typer.Argument(metavar="ANSWER", help="yes or no, to breach, authority and people.")
    ] = None,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; of effects and measures, which. Required.")
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decided or signs; default: you.")] = "",
    scope: Annotated[
        Reach,
        typer.Option(
            "--scope",
            metavar="REACH",
            help="What a dismissal covers: this incident; sender: all from its senders; list: all that expose nobody "
            "but those exposed here.",
        ),
    ] = Reach.INCIDENT,
    expires: Annotated[
        str, typer.Option("--expires", metavar="DAY", help="The last day of a dismissal, like 2027-06-30.")
    ] = "",
    aware_at: Annotated[
        str,
        typer.Option("--aware-at", metavar="TIME", help="When somebody in your house knew: 2026-11-22 16:40, local."),
    ] = "",
    aware_source: Annotated[
        str, typer.Option("--aware-source", metavar="TEXT", help="Who knew, and how: a call, a reply, this queue.")
    ] = "",
    reported_at: Annotated[
        str, typer.Option("--reported-at", metavar="TIME", help="When it was reported to you, if it was.")
    ] = "",
    told_at: Annotated[
        str, typer.Option("--told-at", metavar="TIME", help="When the authority or the people were told.")
    ] = "",
    reference: Annotated[
        str, typer.Option("--reference", metavar="TEXT", help="The authority's file number, or where the letters lie.")
    ] = "",
    dpc: Annotated[int | None, typer.Option("--dpc", metavar="1-4", help="ENISA: context of the data.")] = None,
    ei: Annotated[
        float | None,
        typer.Option("--ei", metavar="0.25-1", parser=decimal, help="ENISA: ease of identification, in quarters."),
    ] = None,
    cb: Annotated[
        float | None,
        typer.Option("--cb", metavar="0-2", parser=decimal, help="ENISA: circumstances of the breach, in quarters."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="A filled-in workbook: shows what it would change.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="With --from: write it, all or nothing.")] = False,
    log: Annotated[bool, typer.Option("--log", help="List all that was decided, of any incident.")] = False,
    password_env: PasswordEnv = "",
    as_json: AsJson = False,
) -> ExitCode:
    """
    Decide on one incident; the reason is required, and nothing is ever overwritten.

    A decision remembers the messages and people it judged: new ones reopen the incident. Deadlines run from the moment
    of awareness; when none is given, from the report or the confirmation, whichever came first. A confirmed incident
    carries three more decisions: `decide KEY breach yes`, `authority yes`, `people no`, each with its reason.

    With --from the yellow columns of a workbook from `report` are read back, however it was sorted or saved.
    """
    session: Session = context.obj
    if log:
        from scanner.cli.decision_log import list_log

        if key or file is not None:
            raise UsageError("stands alone", where="--log", remedy="`blindcopy show KEY` tells of one incident")
        return list_log(session, as_json=as_json)
    if file is not None:
        from scanner.cli.filled_in import decide_from

        if key:
            raise UsageError("takes no KEY: the file says which incidents are meant", where="--from")
        return decide_from(session, file, by=by, password_env=password_env, apply=apply, as_json=as_json)
    if not key or what is None:
        missing = "KEY" if not key else "WHAT"
        raise UsageError("is missing", where=missing, remedy="See `blindcopy decide --help`")
    if apply or password_env:
        raise UsageError("belongs to --from", where="--apply" if apply else "--password-env")
    settings = session.settings()
    if what in _VERDICTS:
        _refuse({"--told-at": told_at, "--reference": reference, "ANSWER": answer}, what)
        times = _Times(settings, expires, aware_at, reported_at, "")
        incident, said = _verdict(settings, key, what, reason, by, scope, aware_source, times)
    else:
        _refuse({"--expires": expires, "--aware-at": aware_at, "--reported-at": reported_at}, what)
        if what is What.SIGN:
            incident, said = _sign(settings, key, by)
        else:
            incident = _rule(
                settings, key, what, answer, reason, by, reference, _Times(settings, "", "", "", told_at), (dpc, ei, cb)
            )
            said = ""
    if as_json:
        from scanner.export.incident_json import standing_object

        clock = Clock(settings.time_zone)
        print_json({"id": incident.key, **standing_object(incident.standing, clock, int(time.time()))})
    else:
        _print(settings, key, incident, said)
    return ExitCode.COMPLETE


class _Times:
    """The moments of one call, read in the organisation's zone."""

    def __init__(self, settings: "Settings", expires: str, aware_at: str, reported_at: str, told_at: str) -> None:
        from scanner.review import read_last_day, read_moment

        zone = settings.zone
        self.expires = read_last_day(expires, zone, where="--expires") if expires else None
        self.aware = read_moment(aware_at, zone, where="--aware-at") if aware_at else None
        self.reported = read_moment(reported_at, zone, where="--reported-at") if reported_at else None
        self.told = read_moment(told_at, zone, where="--told-at") if told_at else None


def _verdict(
    settings: "Settings", key: str, what: What, reason: str, by: str, scope: Reach, aware_source: str, times: _Times
) -> tuple[Incident, str]:
    from scanner.pipeline.deciding.review import Verdicted, decide

    wanted = Verdicted(
        verdict=what.value,  # type: ignore[arg-type] # the four words are those of Verdict
        reason=reason,
        decided_by=by,
        scope=scope.value,
        expires_at=times.expires,
        aware_at=times.aware,
        aware_source=aware_source,
        reported_at=times.reported,
    )
    done = decide(settings, key, wanted)
    return done.incident, covered_text(done.covered, "changed with it")


def _rule(
    settings: "Settings",
    key: str,
    what: What,
    answer: Answer | None,
    reason: str,
    by: str,
    reference: str,
    times: _Times,
    worksheet: tuple[int | None, float | None, float | None],
) -> Incident:
    from scanner.pipeline.deciding.ruling import RulingWanted, rule

    dpc, ei, cb = worksheet
    wanted = RulingWanted(
        kind=what.value,  # type: ignore[arg-type] # these words are those of RulingKind
        answer=answer.value if answer else "",
        text=reason,
        decided_by=by,
        told_at=times.told,
        reference=reference,
        dpc=dpc,
        ei=ei,
        cb=cb,
    )
    return rule(settings, key, wanted)


def _sign(settings: "Settings", key: str, by: str) -> tuple[Incident, str]:
    from scanner.pipeline.deciding.ruling import sign

    incident, signed, moved = sign(settings, key, signer=by)
    return incident, f"Signed: {count(signed, 'decision')}. {covered_text(moved, 'changed with it')}".rstrip()


def _refuse(options: dict[str, object], what: What) -> None:
    for name, value in options.items():
        if value:
            raise UsageError(f"{what.value} does not take it", where=name, remedy="See `blindcopy decide --help`")


def _print(settings: "Settings", key: str, incident: Incident, said: str) -> None:
    screen = Screen()
    if not incident.key.startswith(key.strip().lower()):
        screen.line(f"{key} is part of {incident.key} now.")
    screen.line(f"{incident.key}  {incident.status}", style="bold")
    clock, people = Clock(settings.time_zone), incident.ladder.exposed_people
    for text in (*standing_texts(incident.standing, clock, int(time.time()), people, is_live=True), said):
        if text:
            screen.paragraph(text, indent=2)
