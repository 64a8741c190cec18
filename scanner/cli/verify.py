"""`blindcopy verify`: is everything still as it was kept, decided and handed out?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode

if TYPE_CHECKING:
    from scanner.pipeline.keeping.logs import LogsOutcome
    from scanner.pipeline.keeping.verify import Deviation, EvidenceOutcome, Verdict

NAME = "verify"
EXAMPLE = "blindcopy verify --sample 500"

_SHOWN = 20
"""Deviations that are listed; all of them stand in the JSON."""


def command(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Reports that were handed out: only these.")
    ] = None,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Copies chosen at random, beside all those of queued incidents.")
    ] = 1_000,
    everything: Annotated[bool, typer.Option("--all", help="Look at every stored copy.")] = False,
    seed: Annotated[str, typer.Option("--seed", metavar="TEXT", help="Repeat the sample that named this seed.")] = "",
    logs: Annotated[bool, typer.Option("--logs", help="Only the logs of decisions and exports.")] = False,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="HEAD", help="Where a log ended, as an earlier report printed it."),
    ] = None,
    account: AccountNames = None,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Is everything still as it was kept, decided and handed out?

    The logs of decisions and exports are chains of hashes, which are recomputed: nothing was changed, taken out or put
    in. Headers in the store must have the hash that names them. They are fetched again, read-only, and their hashes
    compared with those that were kept when the mail was read: a copy is the same, rendered differently (other bytes
    that say the same), changed, gone, or could not be read. With FILE, reports are compared with their manifests
    instead, and no server is asked.

    Exit code 1 when anything is not as it was, or nobody could look at it; what an earlier scan found to be gone is
    told and is no surprise.
    """
    from scanner.pipeline.keeping.logs import verify_logs

    session: Session = context.obj
    settings = session.settings()
    written = verify_logs(settings, tuple(files or ()), against=against)
    evidence = None
    if not (files or logs):
        evidence = _ask_servers(session, None if everything else sample, seed, tuple(account or ()))
    if as_json:
        shown = None if evidence is None else plain(evidence)
        print_json({"schema": "blindcopy/verify/1", "logs": plain(written), "evidence": shown})
    else:
        screen = Screen()
        _print_logs(screen, written)
        if evidence is not None:
            screen.line()
            _print(screen, evidence)
    for one in evidence.accounts if evidence else ():
        if one.error is not None:
            note(f"blindcopy: {one.error}")
    is_whole = written.is_whole and (evidence is None or evidence.is_whole)
    return ExitCode.COMPLETE if is_whole else ExitCode.GAPS


def _ask_servers(session: Session, sample: int | None, seed: str, accounts: tuple[str, ...]) -> "EvidenceOutcome":
    from scanner.pipeline.keeping.verify import verify_evidence

    with session.progress("Verifying") as progress:
        return verify_evidence(
            session.settings(),
            sample=sample,
            seed=seed,
            accounts=accounts,
            password_prompt=password_prompt(),
            progress=progress,
        )


def _print_logs(screen: Screen, outcome: "LogsOutcome") -> None:
    for log in outcome.logs:
        erased = f", {log.erased:,} of them erased" if log.erased else ""
        holds = "holds" if log.broken is None else f"BROKEN at row {log.broken}: it is not what was written there"
        head = f" It ends with {log.head}." if log.head else ""
        screen.paragraph(f"Log of {log.name}: {count(log.rows, 'row')}{erased}; the chain {holds}.{head}")
    if outcome.against:
        found = (
            "still stands in it" if outcome.is_found else "STANDS IN NO LOG: what it followed was changed or taken out"
        )
        screen.paragraph(f"{outcome.against} {found}.")
    for report in outcome.reports:
        for file in report.files:
            told = {"same": "the same", "changed": "CHANGED", "missing": "MISSING", "added": "NOT HANDED OUT WITH IT"}
            screen.line(f"{file.name}: {told[file.verdict]}")
        if not report.is_logged:
            screen.paragraph(f"{report.path}: the log of exports does not know it as its manifest says.")
        if not report.log_head_holds:
            screen.paragraph(f"{report.path}: the decisions it was made with no longer stand in the log.")


def _print(screen: Screen, outcome: "EvidenceOutcome") -> None:
    chosen = f" (seed {outcome.seed})" if outcome.seed else ""
    whole = "the bytes of each have the hash that names them"
    if outcome.spoiled_headers:
        whole = f"CHANGED IN THE STORE: {', '.join(outcome.spoiled_headers[:_SHOWN])}"
        whole += f" and {len(outcome.spoiled_headers) - _SHOWN:,} more" if len(outcome.spoiled_headers) > _SHOWN else ""
    screen.paragraph(f"{count(outcome.headers, 'kept header')}; {whole}.")
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
    for one in outcome.accounts:
        if not one.number:
            screen.paragraph(
                f"{one.account}: the settings do not name this account any more; nobody could look at its copies. "
                "Name it again, or only the others with --account."
            )
    # Why nobody could look into an account is said once, for the account.
    deviations = [
        each
        for one in outcome.accounts
        for each in one.deviations
        if not each.known and not ((one.error or not one.number) and each.verdict == "unread")
    ]
    if deviations:
        screen.line()
    for each in deviations[:_SHOWN]:
        screen.paragraph(_told(each))
    if len(deviations) > _SHOWN:
        screen.line(f"… and {len(deviations) - _SHOWN:,} more; --json lists all of them.")


def _told(each: "Deviation") -> str:
    return f"{each.account} / {each.mailbox}, UIDVALIDITY {each.uidvalidity}, UID {each.uid}: {each.detail}."
