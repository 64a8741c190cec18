"""`blindcopy delivery`: who received the queued mail."""

from typing import TYPE_CHECKING

import typer

from scanner.cli.answer import plain
from scanner.cli.option import AccountNames, AsJson
from scanner.cli.scan import print_analysis
from scanner.cli.session import Session, password_prompt
from scanner.cli.terminal import Screen, note, print_json
from scanner.cli.words import count
from scanner.errors import ExitCode

if TYPE_CHECKING:
    from scanner.pipeline.delivery import DeliveryOutcome, InboxOutcome

NAME = "delivery"
EXAMPLE = "blindcopy delivery"

_PATIENCE = 600.0
"""Seconds to wait for another analysis to end."""


def command(
    context: typer.Context,
    account: AccountNames = None,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Look through received mail for bounces of the queued messages and replies to them, then analyse.

    Every mailbox is opened read-only, but for sent mail, drafts and what the settings exclude. Headers are read from
    the oldest queued message on, within the mandate's period; of bounces the delivery status, and the Message-ID of
    what came back. Kept is which message, which address, what happened and where the proof lies. Later calls read only
    what is new.
    """
    from scanner.pipeline.analysis import analyse_store
    from scanner.pipeline.delivery import read_delivery

    session: Session = context.obj
    settings = session.settings()
    session.stores = True
    with session.progress("Reading received mail") as progress:
        outcome = read_delivery(
            settings, accounts=tuple(account or ()), password_prompt=password_prompt(), progress=progress
        )
    with session.progress("Analysing") as progress:
        analysis = analyse_store(settings, progress=progress, only_changes=True, timeout=_PATIENCE)
    if as_json:
        answer = {"schema": "blindcopy/delivery/1", "delivery": plain(outcome), "analysis": plain(analysis)}
        print_json(answer)
    else:
        screen = Screen()
        _print(screen, outcome)
        print_analysis(screen, session, analysis)
    for one in outcome.accounts:
        if one.error is not None:
            note(f"blindcopy: {one.error}")
    return ending(outcome)


def ending(outcome: "DeliveryOutcome") -> ExitCode:
    """Return the exit code: 2 when no mailbox of any account could be read, 1 when something could not."""
    accounts = outcome.accounts
    if all(one.error is not None and not one.mailboxes for one in accounts):
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
    if one.unread_bounces:
        text += f" {count(one.unread_bounces, 'bounce')} could not be read: which mail came back is not known."
    if one.unserved:
        text += f" {count(one.unserved, 'message')} the server lists and did not give."
    return text
