"""Coverage: what was examined of what the servers list, mailbox by mailbox."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from scanner.model import FORMER_EPOCH, NOTHING_READ, UNLISTED, CoverageRow, MessageOrigin
from scanner.store.schema import (
    account,
    crawl_mailbox,
    crawl_run,
    epoch,
    gap,
    mailbox,
    message,
    message_copy,
    recipient,
)

_ONE_DAY = 86_400
_ORIGINS: tuple[MessageOrigin, ...] = get_args(MessageOrigin)


def coverage_rows(connection: Connection, account_name: str | None = None) -> Iterator[CoverageRow]:
    """
    Yield the accounting of every mailbox epoch.

    Former epochs of a mailbox come before the current one: their UIDs name
    nothing any more, so nothing of them is listed or stored in this sense, and
    `expunged_since` counts what no mailbox of the account lists any longer.
    `oldest` and `newest` speak of all that is stored, expunged mail included.

    Accounts of which no mailbox was ever opened come first, as one row with
    mailbox ""; then by (account, mailbox, uidvalidity). Mailboxes that are not
    in scope stand there with their reason and no figures but the own mail that
    was counted in them. A mailbox that is no longer listed has the figures of a
    former epoch.
    """
    accounts = connection.execute(select(account.c.id, account.c.name)).all()
    wanted = sorted((name, number) for number, name in accounts if account_name in (None, name))
    gaps = _gap_counts(connection)
    rows: list[CoverageRow] = []
    unreached: list[CoverageRow] = []
    for name, account_id in wanted:
        boxes = _mailboxes(connection, account_id)
        if not any(box.epoch_id is not None for box in boxes):
            reason = NOTHING_READ if boxes or _was_reached(connection, account_id) else "never reached"
            unreached.append(_empty(name, "", "", reason, True, gaps.get((account_id, None), 0)))
        for box in boxes:
            found = gaps.get((account_id, box.id), 0)
            if box.epoch_id is None:
                # What was never opened and is gone, or was a typing error that is mended, says nothing.
                if box.listed:
                    empty = _empty(name, box.name, box.role, box.reason, bool(box.in_scope), found)
                    rows.append(_with_own_mail(empty, box))
            elif box.is_current and not box.listed:
                rows.append(_past(connection, name, box, UNLISTED, found))
            elif box.is_current:
                rows.append(_with_own_mail(_scanned(connection, name, box, found), box))
            else:
                rows.append(_past(connection, name, box, FORMER_EPOCH, 0))
    yield from unreached
    yield from sorted(rows, key=lambda row: (row.account, row.mailbox, row.uidvalidity or 0))


def is_provisional(connection: Connection) -> bool:
    """Tell whether the newest scan has not finished: its figures can only grow."""
    state = connection.execute(select(crawl_run.c.state).order_by(crawl_run.c.id.desc()).limit(1)).scalar()
    return state in ("running", "aborted")


def _mailboxes(connection: Connection, account_id: int) -> list[Any]:
    return list(
        connection.execute(
            select(mailbox, epoch.c.id.label("epoch_id"), epoch.c.uidvalidity, epoch.c.is_current)
            .select_from(mailbox.outerjoin(epoch, epoch.c.mailbox_id == mailbox.c.id))
            .where(mailbox.c.account_id == account_id)
        )
    )


def _with_own_mail(row: CoverageRow, box: Any) -> CoverageRow:
    """Return the row of a mailbox that is not read with the mail of ours that its server's search finds in it."""
    if box.in_scope or not box.listed:
        return row
    return replace(row, own_mail=box.own_mail, own_mail_note=box.own_mail_note or "")


def _scanned(connection: Connection, name: str, box: Any, gaps: int) -> CoverageRow:
    last = connection.execute(
        select(crawl_mailbox)
        .where(crawl_mailbox.c.epoch_id == box.epoch_id)
        .order_by(crawl_mailbox.c.run_id.desc())
        .limit(1)
    ).one_or_none()
    oldest, newest, origins = _dates_and_origins(connection, box.epoch_id)
    here = and_(message_copy.c.epoch_id == box.epoch_id, message_copy.c.expunged.is_(False))
    with_bcc = connection.execute(
        select(func.count(recipient.c.message_id.distinct()))
        .select_from(recipient.join(message_copy, message_copy.c.message_id == recipient.c.message_id))
        .where(here, recipient.c.field == "bcc")
    ).scalar_one()
    finished = last is not None and last.ended_at is not None
    return CoverageRow(
        account=name,
        mailbox=box.name,
        role=box.role,
        reason=box.reason,
        in_scope=bool(box.in_scope),
        uidvalidity=box.uidvalidity,
        enumerated=last.enumerated if last else 0,
        # While a scan runs, its batches count as they come; mail outside a mandate's period may lie there as well.
        stored=last.stored if last and finished else min(sum(origins.values()), last.enumerated if last else 0),
        vanished=last.vanished if last else 0,
        errored=last.errored if last else 0,
        expunged_since=last.expunged_since if last else 0,
        drafts=origins.get("draft", 0),
        received=origins.get("received", 0),
        with_bcc=with_bcc,
        oldest=oldest,
        newest=newest,
        gaps=gaps,
        scanned_at=last.ended_at if last else None,
        others=last.others if last else 0,
    )


def _dates_and_origins(connection: Connection, epoch_id: int) -> tuple[int | None, int | None, dict[str, int]]:
    """Return oldest and newest sent_at of an epoch, and origin → messages that are listed."""
    listed = message_copy.c.expunged.is_(False)
    # One row and no GROUP BY, for which SQLite would sort all messages of the mailbox in memory.
    figures = connection.execute(
        select(
            *_span(),
            *(func.count(case((listed & (message.c.origin == origin), 1))) for origin in _ORIGINS),
        )
        .select_from(message_copy.join(message))
        .where(message_copy.c.epoch_id == epoch_id)
    ).one()
    # Expunged mail is judged and reported like any other: the dates must not leave it out.
    oldest, newest, *counts = figures
    return oldest, newest, {origin: number for origin, number in zip(_ORIGINS, counts, strict=True) if number}


def _span() -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Return oldest and newest sent_at of the mail that has a date; of the rest where none has one."""
    at = message.c.sent_at
    # `is_dated`, in SQL.
    dated = case((func.abs(at) >= _ONE_DAY, at))
    return func.coalesce(func.min(dated), func.min(at)), func.coalesce(func.max(dated), func.max(at))


def _past(connection: Connection, name: str, box: Any, reason: str, gaps: int) -> CoverageRow:
    """Return the row of an epoch that is not there any more, for another UIDVALIDITY or because nothing is listed."""
    here = message_copy.c.epoch_id == box.epoch_id
    oldest, newest = connection.execute(select(*_span()).select_from(message_copy.join(message)).where(here)).one()
    other = message_copy.alias("other")
    place, of_place = mailbox.alias("place"), epoch.alias("of_place")
    still_there = (
        select(other.c.uid)
        .select_from(other.join(of_place, of_place.c.id == other.c.epoch_id).join(place))
        .where(
            (other.c.message_id == message_copy.c.message_id) & other.c.expunged.is_(False) & place.c.listed.is_(True)
        )
    )
    gone = connection.execute(
        select(func.count(message_copy.c.message_id.distinct())).where(here, ~still_there.exists())
    ).scalar_one()
    scanned_at = connection.execute(
        select(func.max(crawl_mailbox.c.ended_at)).where(crawl_mailbox.c.epoch_id == box.epoch_id)
    ).scalar()
    return replace(
        _empty(name, box.name, box.role, reason, bool(box.in_scope), gaps),
        uidvalidity=box.uidvalidity,
        expunged_since=gone,
        oldest=oldest,
        newest=newest,
        scanned_at=scanned_at,
    )


def _was_reached(connection: Connection, account_id: int) -> bool:
    """Tell whether an account without mailboxes was signed in to: it showed no sent mailbox then."""
    kinds = ("no_sent_mailbox", "account_unfinished")
    where = (gap.c.account_id == account_id) & gap.c.kind.in_(kinds)
    return connection.execute(select(gap.c.id).where(where).limit(1)).first() is not None


def _empty(name: str, mailbox_name: str, role: str, reason: str, in_scope: bool, gaps: int) -> CoverageRow:
    return CoverageRow(
        account=name,
        mailbox=mailbox_name,
        role=role,
        reason=reason,
        in_scope=in_scope,
        uidvalidity=None,
        enumerated=0,
        stored=0,
        vanished=0,
        errored=0,
        expunged_since=0,
        drafts=0,
        received=0,
        with_bcc=0,
        oldest=None,
        newest=None,
        gaps=gaps,
        scanned_at=None,
    )


def _gap_counts(connection: Connection) -> dict[tuple[int, int | None], int]:
    rows = connection.execute(
        select(gap.c.account_id, gap.c.mailbox_id, func.count())
        .where(gap.c.resolved_run_id.is_(None))
        .group_by(gap.c.account_id, gap.c.mailbox_id)
    )
    return {(account_id, mailbox_id): number for account_id, mailbox_id, number in rows}
