"""`blindcopy status`: what was scanned, and what was not."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.answer import plain
from scanner.cli.delivery import print_delivery
from scanner.cli.option import AsJson
from scanner.cli.session import Session
from scanner.cli.terminal import Screen, print_json
from scanner.cli.words import count, mandate_period, own_mail_elsewhere, set_aside, witnessed
from scanner.errors import ExitCode
from scanner.export.words.breath import provisional
from scanner.export.words.decision import deadline_line
from scanner.export.words.moment import Clock
from scanner.model import GAP_KINDS, NOTHING_READ, CoverageRow, Gap

if TYPE_CHECKING:
    from scanner.pipeline.deciding.duty import Duties
    from scanner.pipeline.keeping.upkeep import StoreStatus

NAME = "status"
EXAMPLE = "blindcopy status"

_HEADER = ("Account", "Mailbox", "Listed", "Stored", "Vanished", "Errors", "Deleted", "Oldest", "Newest")

_OTHERS = 4
"""Where the column for mail of others stands, when some was read."""

_UNLISTED_HEADER = ("Account", "Mailbox", "Stored mail", "Oldest", "Newest")
_FORMER_HEADER = ("Account", "Mailbox", "UIDVALIDITY", "Deleted", "Oldest", "Newest")


def command(
    context: typer.Context,
    digest: Annotated[
        bool, typer.Option("--digest", help="Print one hash of all that is stored; equal stores, equal hashes.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """
    Show the coverage: accounts, mailboxes, dates, gaps and runs.

    Listed by the server = stored + vanished before it could be read + errors, and with scope = "ours" + mail of
    others, which is read and not kept. Deleted: stored by an earlier scan and no longer in this mailbox, deleted or
    moved; it stays in the store and is judged. What is not in this list was not judged.
    """
    from scanner.pipeline.keeping.upkeep import store_digest, store_status

    session: Session = context.obj
    settings = session.settings()
    if digest:
        answer = store_digest(settings)
        if as_json:
            print_json({"schema": "blindcopy/digest/1", "digest": answer})
        else:
            Screen().line(answer)
        return ExitCode.COMPLETE
    status = store_status(settings)
    if as_json:
        print_json({"schema": "blindcopy/status/1", **_answer(status)})
    else:
        _print(Screen(), session, status, Clock(settings.time_zone))
    return ExitCode.COMPLETE


def _answer(status: "StoreStatus") -> dict[str, object]:
    whole = plain(status)
    return whole if isinstance(whole, dict) else {}


def _print(screen: Screen, session: Session, status: "StoreStatus", clock: Clock) -> None:
    screen.line(f"Store  {status.store}")
    for run in status.runs:
        moments = f"{_moment(clock, run.started_at)} to {_moment(clock, run.ended_at)} {clock.zone}"
        screen.line(f"Scan {run.id}  {moments}, {run.state}")
    if not status.runs:
        screen.line(f"Nothing has been scanned yet. Next: {session.call('scan')}")
        return
    if status.provisional:
        screen.paragraph(provisional(status.seen), style="red")
        screen.line(f"Unless a scan is running now, go on by: {session.call('scan')}")
    elif status.analysis is not None and status.analysis.is_behind:
        screen.paragraph(
            "More is stored than was analysed: mail, proofs of receipt or statements about people."
            f" Next: {session.call('analyse')}",
            style="red",
        )
    for failed in status.failed:
        screen.line(
            f"FAILED in scan {failed.run}: {failed.account} ({failed.error or 'stopped'}); see the gaps below.",
            style="red",
        )
    if status.duties is not None:
        print_duties(screen, status.duties, clock)
    print_coverage(screen, status.coverage, clock)
    for text in mandate_period(session.settings()):
        screen.paragraph(text)
    print_remarks(screen, status.coverage, status.gone)
    for text in witnessed(status.witness) if status.witness else ():
        screen.paragraph(text)
    print_delivery(screen, status.delivery, clock)
    print_gaps(screen, status.gaps)


def print_duties(screen: Screen, duties: "Duties", clock: Clock) -> None:
    """Print how many incidents wait for a decision, and the deadlines that run; nothing when nothing is queued."""
    if not duties.by_status and not duties.deadlines:
        return
    screen.heading("Decisions")
    waiting = duties.by_status.get("candidate", 0) + duties.by_status.get("asked", 0)
    decided = [f"{duties.by_status.get(status, 0):,} {status}" for status in ("confirmed", "dismissed")]
    needs = "needs" if waiting == 1 else "need"
    screen.paragraph(f"{count(waiting, 'incident')} {needs} a decision, {' and '.join(decided)}.", indent=2)
    for one in duties.deadlines:
        text = deadline_line(one.deadline, clock, int(time.time()), is_live=True)
        screen.paragraph(f"{one.incident}: {text}", indent=2, style="red")


def print_coverage(screen: Screen, rows: Iterable[CoverageRow], clock: Clock) -> None:
    """Print the accounting: accounts never reached first, then what was scanned, then what was left out and why."""
    listed = list(rows)
    for row in (row for row in listed if not row.mailbox):
        told = (
            f"NOT READ: {row.account} ({row.reason})" if row.reason == NOTHING_READ else f"NOT REACHED: {row.account}"
        )
        screen.line(told, style="red")
    scanned = [row for row in listed if row.mailbox and row.in_scope and not row.is_past]
    if scanned:
        with_others = any(row.others for row in scanned)
        header = (*_HEADER[:_OTHERS], "Of others", *_HEADER[_OTHERS:]) if with_others else _HEADER
        screen.heading("Scanned")
        cells = (_cells(row, clock, with_others=with_others) for row in scanned)
        screen.table(header, cells, right=frozenset(range(2, len(header) - 2)), wide=1, lead=2)
    unlisted = [row for row in listed if row.is_unlisted]
    if unlisted:
        screen.heading("No longer listed: renamed, deleted, or rights were withdrawn")
        screen.table(_UNLISTED_HEADER, (_unlisted_cells(row, clock) for row in unlisted), wide=1, lead=2)
    former = [row for row in listed if row.is_former]
    if former:
        screen.heading("Former epochs: these mailboxes have been numbered anew")
        cells = (_former_cells(row, clock) for row in former)
        screen.table(_FORMER_HEADER, cells, right=frozenset({2, 3}), wide=1, lead=2)
    others = [row for row in listed if row.mailbox and not row.in_scope and not row.is_past]
    if others:
        screen.heading("Not scanned")
        if any(row.own_mail is not None or row.own_mail_note for row in others):
            cells = ((row.account, row.mailbox, _own_mail(row), row.reason) for row in others)
            screen.table(("Account", "Mailbox", "Own mail", "Why"), cells, right=frozenset({2}), wide=3, lead=2)
        else:
            cells = ((row.account, row.mailbox, row.reason) for row in others)
            screen.table(("Account", "Mailbox", "Why"), cells, wide=2, lead=2)


def _own_mail(row: CoverageRow) -> str:
    """Return about how much mail of ours lies in a mailbox that is not read."""
    if row.own_mail is not None:
        return f"{row.own_mail:,}"
    return "not counted" if row.own_mail_note else "-"


def _cells(row: CoverageRow, clock: Clock, *, with_others: bool) -> tuple[str, ...]:
    others = (row.others,) if with_others else ()
    figures = (row.enumerated, row.stored, *others, row.vanished, row.errored, row.expunged_since)
    days = (_moment(clock, row.oldest)[:10], _moment(clock, row.newest)[:10])
    return (row.account, row.mailbox, *(f"{figure:,}" if row.was_asked else "-" for figure in figures), *days)


def _unlisted_cells(row: CoverageRow, clock: Clock) -> tuple[str, ...]:
    days = (_moment(clock, row.oldest)[:10], _moment(clock, row.newest)[:10])
    mail = f"{row.expunged_since:,} in no other mailbox" if row.expunged_since else "all in other mailboxes"
    return (row.account, row.mailbox, mail, *days)


def _former_cells(row: CoverageRow, clock: Clock) -> tuple[str, ...]:
    days = (_moment(clock, row.oldest)[:10], _moment(clock, row.newest)[:10])
    return (row.account, row.mailbox, str(row.uidvalidity), f"{row.expunged_since:,}", *days)


def print_remarks(screen: Screen, rows: Iterable[CoverageRow], gone: int) -> None:
    """Say what the figures alone would hide: emptied mailboxes, deleted mail, and what was set aside."""
    listed = list(rows)
    scanned = [row for row in listed if row.mailbox and row.in_scope]
    for row in scanned:
        if row.was_asked and not row.is_past and not row.enumerated and row.expunged_since:
            screen.paragraph(
                f"EMPTIED: {row.account} / {row.mailbox} held {count(row.expunged_since, 'message')} in an earlier "
                "scan and is empty now.",
                style="red",
            )
    if gone:
        verb = "is" if gone == 1 else "are"
        screen.paragraph(
            f"{count(gone, 'stored message')} {verb} no longer in the mailboxes; the store keeps "
            f"{'it' if gone == 1 else 'them'}, and the queue judges {'it' if gone == 1 else 'them'}."
        )
    for text in (*set_aside(scanned), *own_mail_elsewhere(listed)):
        screen.paragraph(text)


def print_gaps(screen: Screen, gaps: Iterable[Gap]) -> None:
    """Print what was not examined, equal ones in one line with their number."""
    counted = Counter((gap.account, gap.mailbox or "", gap.kind, gap.detail) for gap in gaps)
    screen.heading(f"Gaps: {counted.total():,}" if counted else "Gaps: none")
    for (account, mailbox, kind, detail), number in sorted(counted.items()):
        place = f"{account} / {mailbox}" if mailbox else account
        screen.paragraph(f"{number:,} x {GAP_KINDS.get(kind, kind)}: {detail} ({place})", indent=4, first="  -")


def _moment(clock: Clock, moment: int | None) -> str:
    if moment is None:
        return "-"
    at = clock.local(moment)
    return f"{at:%Y-%m-%d %H:%M}" if at else "unknown"
