"""`blindcopy track`: what was done about those who could see a list, and about those shown in it."""

import time
from enum import StrEnum
from typing import Annotated

import typer

from scanner.cli.session import Session
from scanner.cli.terminal import Screen
from scanner.cli.words import count
from scanner.errors import ExitCode, UsageError

NAME = "track"
EXAMPLE = "blindcopy track notified ada@quay.example --how letter --at 2026-11-24"


class Done(StrEnum):
    """What can be noted."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    NOTIFIED = "notified"
    FLAGS = "flags"
    CHANNEL = "channel"


_OF_VIEWERS = (Done.REQUESTED, Done.CONFIRMED)


def command(
    context: typer.Context,
    done: Annotated[
        Done,
        typer.Argument(
            metavar="WHAT",
            help="Of viewers: requested, confirmed (the deletion). Of people exposed: notified, flags, channel.",
        ),
    ],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY] ADDRESS…",
            help="Of viewers the incident's key, then addresses. flags: one address, then what to heed beside what is "
            "noted: child, vulnerable, do-not-contact, deceased; or none, which takes all back.",
        ),
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When, local: 2026-11-24 16:40; default: now.")] = "",
    how: Annotated[
        str, typer.Option("--how", metavar="TEXT", help="notified: letter, call, mail. channel: the safe channel.")
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who states it; default: you.")] = "",
    everybody: Annotated[bool, typer.Option("--everybody", help="All viewers outside, in place of addresses.")] = False,
    take_back: Annotated[bool, typer.Option("--take-back", help="It is not so after all.")] = False,
) -> ExitCode:
    """
    Note that a viewer was asked to delete the mail or has confirmed it; that a person was told, and what to heed.

    It stands in the workbook, the letters and JSON at once, and as a row in the log of decisions. The yellow columns of
    the sheets Viewers and People do the same: `blindcopy decide --from FILE.xlsx`.
    """
    from scanner.flag import NO_FLAGS
    from scanner.pipeline.deciding.tracking import note_people, note_viewers, read_flags
    from scanner.review import read_moment

    session: Session = context.obj
    settings = session.settings()
    moment = read_moment(at, settings.zone, where="--at") if at else None
    said = list(words or [])
    to_heed = ""
    _check(done, said, at=at, how=how, everybody=everybody, take_back=take_back)
    if done in _OF_VIEWERS:
        number = note_viewers(
            settings, said[0], said[1:], done.value, at=moment, by=by, everybody=everybody, take_back=take_back
        )
        what = count(number, "viewer")
    elif done is Done.NOTIFIED:
        when = None if take_back else int(time.time()) if moment is None else moment
        number = note_people(settings, said, done.value, {"at": when, "how": how.strip()}, by=by)
        what = count(number, "person", "people")
    elif done is Done.FLAGS:
        flags = read_flags(" ".join(said[1:]))
        number = note_people(settings, said[:1], done.value, {"flags": flags}, by=by)
        what = count(number, "person", "people")
        to_heed = f" {', '.join(flags) or NO_FLAGS}"
    else:
        number = note_people(settings, said, done.value, {"channel": how.strip()}, by=by)
        what = count(number, "person", "people")
    Screen().line(f"Noted of {what}: {'not ' if take_back else ''}{done.value}{to_heed}.")
    return ExitCode.COMPLETE


def _check(done: Done, words: list[str], *, at: str, how: str, everybody: bool, take_back: bool) -> None:
    wanted = {
        Done.REQUESTED: "a KEY and addresses",
        Done.CONFIRMED: "a KEY and addresses",
        Done.FLAGS: "an address and flags, or none",
    }.get(done, "addresses")
    if len(words) < (2 if done is Done.FLAGS or (done in _OF_VIEWERS and not everybody) else 1):
        raise UsageError(f"it takes {wanted}", where=done.value, remedy="See `blindcopy track --help`")
    for option, given, fits in (
        ("--at", at, done in (*_OF_VIEWERS, Done.NOTIFIED)),
        ("--how", how, done in (Done.NOTIFIED, Done.CHANNEL)),
        ("--everybody", everybody, done in _OF_VIEWERS),
        ("--take-back", take_back, done in (*_OF_VIEWERS, Done.NOTIFIED)),
    ):
        if given and not fits:
            raise UsageError(f"{done.value} does not take it", where=option, remedy="See `blindcopy track --help`")
    if everybody and len(words) > 1:
        raise UsageError("everybody is meant, or those named", where="--everybody", remedy="Give one or the other")
    if done is Done.CHANNEL and not how.strip():
        raise UsageError("the channel is missing", where="--how", remedy='Say how: --how "call after six"')
