"""`blindcopy scan`: crawl what is new, then analyse."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.session import Session, password_prompt, tell_remark
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count, mandate_period
from scanner.errors import ExitCode
from scanner.export.words.breath import provisional

if TYPE_CHECKING:
    from scanner.config.loading import Remark
    from scanner.model import CoverageRow
    from scanner.pipeline.analysing.analysis_job import AnalysisOutcome
    from scanner.pipeline.scanning.account_scan import AccountOutcome
    from scanner.pipeline.scanning.scan import ScanOutcome

NAME = "scan"
EXAMPLE = "blindcopy scan --signal-new"

_PATIENCE = 600.0
"""Seconds to wait for an analysis that somebody has started meanwhile."""

_LINES = 40
"""Accounts up to which each has a line of its own; of more, those that failed."""


def command(
    context: typer.Context,
    account: AccountNames = None,
    signal_new: Annotated[
        bool, typer.Option("--signal-new", help="End with exit code 3 when there are new incidents.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Fetch the headers of sent mail that are not stored yet, then analyse.

    The first scan reads everything, later ones only what is new. Stop it whenever you like: the next scan goes on where
    it ended. What cannot be read is recorded as a gap and named in every report.
    """
    from scanner.pipeline.analysing.analysis import analyse_store
    from scanner.pipeline.scanning.scan import scan

    session: Session = context.obj
    settings = session.settings()
    session.stores = True
    remarks = session.remarks(settings)
    analysis = None
    with session.progress("Scanning") as progress:
        outcome = scan(settings, accounts=tuple(account or ()), password_prompt=password_prompt(), progress=progress)
    if not nothing_scanned(outcome):
        with session.progress("Analysing") as progress:
            analysis = analyse_store(settings, progress=progress, only_changes=True, timeout=_PATIENCE)
    if as_json:
        print_json(
            {
                "schema": "blindcopy/scan/1",
                "scan": plain(outcome),
                "analysis": plain(analysis) if analysis else None,
                "notes": [remark.text for remark in remarks],
            }
        )
    else:
        _print(Screen(), session, outcome, analysis)
    before = outcome.previous_at
    last = datetime.fromtimestamp(before, settings.zone).date() if before is not None else None
    _tell(session, remarks, last, as_json=as_json)
    return _ending(session, outcome, analysis, signal_new=signal_new)


def nothing_scanned(outcome: "ScanOutcome") -> bool:
    """Tell whether every account failed before a mailbox was read to its end, or anything new, or had none to read."""
    return outcome.new_messages == 0 and all(
        not _in_scope(account) if account.error is None else not account.finished for account in outcome.accounts
    )


def _in_scope(account: "AccountOutcome") -> "list[CoverageRow]":
    """Return the mailboxes of an account that were to be read; none when the settings exclude them all."""
    return [row for row in account.mailboxes if row.in_scope and row.mailbox]


def ending(outcome: "ScanOutcome", analysis: "AnalysisOutcome | None", *, signal_new: bool) -> ExitCode:
    """Return the exit code by CONTRACTS: Exit codes; new incidents win over gaps, when they are asked for."""
    if analysis is None:
        return ExitCode.FAILED
    if signal_new and analysis.new:
        return ExitCode.NEW_INCIDENTS
    failed = any(account.error is not None for account in outcome.accounts)
    return ExitCode.GAPS if failed or outcome.new_gaps or not outcome.complete else ExitCode.COMPLETE


def _tell(session: Session, remarks: "Sequence[Remark]", last: date | None, *, as_json: bool) -> None:
    """
    Tell the remarks on the policy, each once: on stderr, or in the answer of a quiet call.

    What came to be so since the last scan goes to stderr of a quiet call, too:
    cron sends that by mail.
    """
    for remark in remarks:
        is_new = remark.since is not None and (last is None or remark.since > last)
        if is_new or not session.quiet:
            tell_remark(remark)
        elif not as_json:
            Screen().line(f"Note: {remark.text}")


def _ending(
    session: Session, outcome: "ScanOutcome", analysis: "AnalysisOutcome | None", *, signal_new: bool
) -> ExitCode:
    for account in outcome.accounts:
        if account.error is not None:
            note(f"blindcopy: {account.error}")
        elif not _in_scope(account):
            note(
                f"blindcopy: account {account.number}: it has no mailbox to read; [[exclude]] may keep all of them "
                f"closed, see `{session.call('check')}`."
            )
    code = ending(outcome, analysis, signal_new=signal_new)
    if analysis is None:
        note("blindcopy: nothing was scanned.")
    elif outcome.new_gaps:
        note(f"blindcopy: {count(outcome.new_gaps, 'new gap')}; see `{session.call('status')}`.")
    if analysis is not None and code == ExitCode.NEW_INCIDENTS:
        note(f"blindcopy: {count(analysis.new, 'new incident')}; see `{session.call('queue')}`.")
    return code


def _print(screen: Screen, session: Session, outcome: "ScanOutcome", analysis: "AnalysisOutcome | None") -> None:
    is_short = len(outcome.accounts) <= _LINES
    for account in outcome.accounts:
        if is_short or account.error is not None:
            _print_account(screen, account)
    screen.line(
        f"{count(outcome.new_messages, 'new message')} and {count(outcome.new_gaps, 'new gap')}"
        f" in {count(len(outcome.accounts), 'account')}."
    )
    for text in mandate_period(session.settings()):
        screen.paragraph(text)
    if not is_short:
        screen.line(f"Each account's figures: {session.call('status')}, or --json.")
    if analysis is not None:
        print_analysis(screen, session, analysis)


def _print_account(screen: Screen, account: "AccountOutcome") -> None:
    scanned = _in_scope(account)
    stored = sum(row.stored for row in scanned)
    # Mail of others was listed, and nothing of it was to be stored.
    listed = sum(row.enumerated - row.others for row in scanned)
    kind = "sent " if all(row.role == "sent" for row in scanned) else ""
    found = (
        f"{count(account.new_messages, 'new message')}; {stored:,} of {listed:,} listed copies stored"
        f" from {count(len(scanned), f'{kind}mailbox', f'{kind}mailboxes')}"
    )
    if account.error is None:
        screen.line(f"Account {account.number}, {account.name}: {found}.")
        return
    screen.line(f"Account {account.number}, {account.name}: FAILED. {found if scanned else 'Nothing is stored'}.")


def print_analysis(screen: Screen, session: Session, analysis: "AnalysisOutcome") -> None:
    """Print what an analysis found and what to do next."""
    if analysis.seen is not None:
        screen.paragraph(provisional(analysis.seen), style="red")
    screen.line(
        f"{count(analysis.queued, 'incident')} queued, {analysis.new:,} of them new;"
        f" {count(analysis.below, 'message')} below the floor."
    )
    screen.line(f"Next: {session.call('queue')}")
