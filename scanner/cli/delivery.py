"""`blindcopy delivery`: who received the queued mail."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.scan import print_analysis
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode, UsageError
from scanner.export.words.moment import Clock
from scanner.model import BulkSend, DeliveryState

if TYPE_CHECKING:
    from scanner.config import Settings
    from scanner.pipeline.analysing.analysis_job import AnalysisOutcome
    from scanner.pipeline.receiving.delivery import DeliveryOutcome
    from scanner.pipeline.receiving.inbox_reading import InboxOutcome
    from scanner.pipeline.receiving.trace import TraceOutcome

NAME = "delivery"
EXAMPLE = "blindcopy delivery"

_SCHEMA = "blindcopy/delivery/1"
_PATIENCE = 600.0
"""Seconds to wait for another analysis to end."""


def command(
    context: typer.Context,
    account: AccountNames = None,
    trace: Annotated[
        list[Path] | None,
        typer.Option("--trace", metavar="FILE", help="Import a message trace (CSV) instead; may be repeated."),
    ] = None,
    dates: Annotated[
        str, typer.Option("--dates", metavar="ORDER", help="How a trace means 3/2/2026: day-first or month-first.")
    ] = "",
    as_json: AsJson = False,
) -> ExitCode:
    """
    Look through received mail for bounces of the queued messages and replies to them, then analyse.

    Every mailbox is opened read-only, but for sent mail, drafts and what the settings exclude. Headers are read from
    the oldest queued message on, within the mandate's period; of bounces the delivery status, and the Message-ID of
    what came back. Kept is which message, which address, what happened and where the proof lies. Later calls read only
    what is new.

    With --trace no mail is read: what Exchange Online, or another server, says of every copy is compared with the
    store, both ways.
    """
    session: Session = context.obj
    settings = session.settings()
    session.stores = True
    if trace:
        return _import(session, settings, trace, dates, as_json=as_json)
    from scanner.pipeline.receiving.delivery import read_delivery

    with session.progress("Reading received mail") as progress:
        outcome = read_delivery(
            settings, accounts=tuple(account or ()), password_prompt=password_prompt(), progress=progress
        )
    analysis = _analyse(session, settings)
    if as_json:
        print_json({"schema": _SCHEMA, "delivery": plain(outcome), "traces": [], "analysis": plain(analysis)})
    else:
        screen = Screen()
        _print(screen, outcome)
        print_analysis(screen, session, analysis)
    for one in outcome.accounts:
        if one.error is not None:
            note(f"blindcopy: {one.error}")
    return ending(outcome)


def _analyse(session: Session, settings: "Settings") -> "AnalysisOutcome":
    from scanner.pipeline.analysing.analysis import analyse_store

    with session.progress("Analysing") as progress:
        return analyse_store(settings, progress=progress, only_changes=True, timeout=_PATIENCE)


def _import(session: Session, settings: "Settings", files: Iterable[Path], dates: str, *, as_json: bool) -> ExitCode:
    from scanner.config.trace_csv import DATE_ORDERS
    from scanner.pipeline.receiving.trace import import_trace

    order = next((one for one in DATE_ORDERS if one == dates), None)
    if order is None:
        raise UsageError("no such order of dates", where="--dates", remedy="Write day-first or month-first")
    outcomes: list[TraceOutcome] = []
    for file in files:
        session.stores = bool(outcomes)
        outcomes.append(import_trace(settings, file, order=order))
    analysis = _analyse(session, settings)
    if as_json:
        print_json({"schema": _SCHEMA, "delivery": None, "traces": plain(outcomes), "analysis": plain(analysis)})
    else:
        screen, clock = Screen(), Clock(settings.time_zone)
        for one in outcomes:
            _print_trace(screen, one, clock)
        print_unexplained(screen, outcomes[-1].unexplained, clock)
        print_analysis(screen, session, analysis)
    # What was missing before, and was told then, is no new gap (CONTRACTS: Exit codes).
    return ExitCode.GAPS if any(one.has_new_gaps for one in outcomes) else ExitCode.COMPLETE


def _print_trace(screen: Screen, one: "TraceOutcome", clock: Clock) -> None:
    first, last = _moment(clock, one.first_at), _moment(clock, one.last_at)
    screen.paragraph(
        f"{one.name}: {count(one.rows, 'copy', 'copies')} from {first} to {last} {clock.zone}; {one.matched:,} of "
        f"stored messages, {one.of_others:,} sent by others. New: {one.delivered:,} delivered, {one.failed:,} failed."
    )
    if one.unshown:
        screen.paragraph(
            f"{count(one.unshown, 'recipient')} that the stored copies do not name received them as well: in Bcc, "
            "through a list, or by forwarding."
        )
    if one.unknown:
        screen.paragraph(f"{count(one.unknown, 'stored message')} of this time the trace does not know.")
    if one.other_senders:
        screen.paragraph(
            f"{count(one.other_senders, 'stored message')} of this time from senders that the trace does not name: it "
            "says nothing of them."
        )
    for word, copies in one.unknown_words.items():
        screen.paragraph(
            f"Unknown word “{word}”: whether {count(copies, 'copy', 'copies')} arrived is not known. Words that are "
            "known: Delivered, Failed, Pending …",
            style="red",
        )
    if one.unreadable:
        lines = ", ".join(map(str, one.unreadable_lines))
        more = " …" if one.unreadable > len(one.unreadable_lines) else ""
        screen.paragraph(f"{count(one.unreadable, 'row')} could not be read (line {lines}{more}).", style="red")


def print_delivery(screen: Screen, state: DeliveryState, clock: Clock) -> None:
    """Print how far anybody has looked who received what, and what is missing here; nothing when nobody has."""
    if state.is_empty:
        return
    screen.heading("Who received it")
    for inbox in state.inboxes:
        until = f"until {_moment(clock, inbox.ended_at)}" if inbox.ended_at is not None else "not to their end yet"
        screen.paragraph(
            f"{inbox.account}: {count(inbox.read, 'header')} of received mail read, {until}"
            + (f"; FAILED last time: {inbox.error}" if inbox.error else ""),
            indent=2,
        )
    for one in state.traces:
        first, last = _moment(clock, one.first_at), _moment(clock, one.last_at)
        screen.paragraph(
            f"{one.name}: {count(one.rows, 'copy', 'copies')} from {first} to {last}, {one.matched:,} of stored "
            f"messages; {count(len(one.unknown), 'stored message')} it does not know",
            indent=2,
        )
    screen.paragraph(f"{count(state.receipts, 'proof')} of delivery, bounces and replies.", indent=2)
    print_unexplained(screen, state.unexplained, clock)


def print_unexplained(screen: Screen, sends: Iterable[BulkSend], clock: Clock) -> None:
    """Print the mailings that a message trace shows and no stored message explains: mail that is missing."""
    rows = [
        (
            _moment(clock, one.sent_at),
            one.sender,
            f"{one.outside:,}",
            f"{one.messages:,}",
            one.subject or "(no subject)",
        )
        for one in sends
    ]
    if rows:
        screen.heading("Sent in bulk, but no stored message explains it")
        header = ("Sent", "Sender", "Outside", "Messages", "Subject")
        screen.table(header, rows, right=frozenset({2, 3}), wide=4, lead=1)


def _moment(clock: Clock, moment: int) -> str:
    at = clock.local(moment)
    return f"{at:%Y-%m-%d %H:%M}" if at else "-"


def ending(outcome: "DeliveryOutcome") -> ExitCode:
    """Return the exit code: 2 when nothing of any account could be read, 1 when something could not."""
    accounts = outcome.accounts
    if all(one.error is not None and not one.mailboxes and not one.read for one in accounts):
        return ExitCode.FAILED
    is_whole = not any(one.error or one.unread_bounces or one.unserved for one in accounts)
    return ExitCode.COMPLETE if is_whole else ExitCode.GAPS


def _print(screen: Screen, outcome: "DeliveryOutcome") -> None:
    if not outcome.sought:
        screen.line("Nothing is queued, so no received mail was read.")
    for one in outcome.accounts:
        if outcome.sought:
            screen.paragraph(_told(one))
    if outcome.without_message_id:
        screen.paragraph(
            f"{count(outcome.without_message_id, 'queued message')} without a Message-ID: neither a reply nor a bounce "
            "can be told to be about such a one."
        )


def _told(one: "InboxOutcome") -> str:
    read = f"{count(one.read, 'header')} read in {count(one.mailboxes, 'mailbox', 'mailboxes')}"
    found = f"{count(one.bounces, 'new bounce')}, {count(one.replies, 'new reply', 'new replies')}"
    failed = "FAILED. " if one.error is not None else ""
    text = f"Account {one.number}, {one.account}: {failed}{read}; {found}."
    if one.unnamed:
        text += f" {count(one.unnamed, 'answer')} came from somebody whom the stored copy does not name."
    if one.unread_bounces:
        text += f" {count(one.unread_bounces, 'bounce')} could not be read: which mail came back is not known."
    if one.unserved:
        text += f" {count(one.unserved, 'message')} the server lists and did not give."
    return text
