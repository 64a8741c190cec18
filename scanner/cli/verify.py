"""`blindcopy verify`: is the evidence still what was kept?"""

from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode

if TYPE_CHECKING:
    from scanner.pipeline.verify import Deviation, EvidenceOutcome, Verdict

NAME = "verify"
EXAMPLE = "blindcopy verify --sample 500"

_SHOWN = 20
"""Deviations that are listed; all of them stand in the JSON."""


def command(
    context: typer.Context,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Copies chosen at random, beside all those of queued incidents.")
    ] = 1_000,
    everything: Annotated[bool, typer.Option("--all", help="Look at every stored copy.")] = False,
    seed: Annotated[str, typer.Option("--seed", metavar="TEXT", help="Repeat the sample that named this seed.")] = "",
    account: AccountNames = None,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Fetch headers again and compare their hashes (SHA-256) with those that were kept when the mail was read.

    Mailboxes are opened read-only, and nothing is written. A copy is the same, rendered differently (other bytes that
    say the same), changed, gone, or could not be read. Exit code 1 when anything but the same is found; what an earlier
    scan found to be gone is told and is no surprise.
    """
    from scanner.pipeline.verify import verify_evidence

    session: Session = context.obj
    settings = session.settings()
    with session.progress("Verifying") as progress:
        outcome = verify_evidence(
            settings,
            sample=None if everything else sample,
            seed=seed,
            accounts=tuple(account or ()),
            password_prompt=password_prompt(),
            progress=progress,
        )
    if as_json:
        print_json({"schema": "blindcopy/verify/1", "evidence": plain(outcome)})
    else:
        _print(Screen(), outcome)
    for one in outcome.accounts:
        if one.error is not None:
            note(f"blindcopy: {one.error}")
    return ExitCode.COMPLETE if outcome.is_whole else ExitCode.GAPS


def _print(screen: Screen, outcome: "EvidenceOutcome") -> None:
    chosen = f" (seed {outcome.seed})" if outcome.seed else ""
    screen.paragraph(f"{outcome.asked:,} of {count(outcome.stored, 'stored copy', 'stored copies')} looked at{chosen}:")
    screen.line()
    told: dict[Verdict, str] = {
        "same": "the header has the hash that was kept",
        "rendered": "rendered differently: other bytes that say the same",
        "changed": "CHANGED: the header says something else than it did",
        "gone": "gone: the server does not list it any more",
        "unread": "could not be read",
    }
    for verdict, text in told.items():
        number = outcome.count(verdict)
        if number or verdict == "same":
            screen.line(f"{number:>9,}  {text}")
    deviations = [each for one in outcome.accounts for each in one.deviations if not each.known]
    if deviations:
        screen.line()
    for each in deviations[:_SHOWN]:
        screen.paragraph(_told(each))
    if len(deviations) > _SHOWN:
        screen.line(f"… and {count(len(deviations) - _SHOWN, 'more')}; --json lists all of them.")


def _told(each: "Deviation") -> str:
    return f"{each.account} / {each.mailbox}, UIDVALIDITY {each.uidvalidity}, UID {each.uid}: {each.detail}."
