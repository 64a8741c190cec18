"""Gap rows: recorded once, counted each time they are met, resolved when the thing was read after all."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, select, update

from scanner.model import Gap
from scanner.store.insert import chunks
from scanner.store.schema import account, crawl_account, epoch, gap, mailbox

MESSAGE_KINDS = ("message_unserved", "message_unparsed", "message_out_of_period")

_PIECE = 100

MAX_STRIKES = 3
"""Scans that ask again for a message that could not be read; after that it stays a gap."""


def record_gap(
    connection: Connection, run_id: int, account_id: int, mailbox_id: int | None, epoch_id: int | None, found: Gap
) -> bool:
    """Record a gap; return False when it was open already and only met again."""
    columns = gap.c
    same = (
        (columns.account_id == account_id)
        # Not IS NOT DISTINCT FROM: PostgreSQL walks the whole table for it.
        & _is(columns.mailbox_id, mailbox_id)
        & _is(columns.epoch_id, epoch_id)
        & _is(columns.uid, found.uid)
        & (columns.kind == found.kind)
        & columns.resolved_run_id.is_(None)
    )
    again = connection.execute(update(gap).where(same).values(strikes=columns.strikes + 1, detail=found.detail))
    if again.rowcount:
        return False
    connection.execute(
        gap.insert().values(
            account_id=account_id,
            mailbox_id=mailbox_id,
            epoch_id=epoch_id,
            uid=found.uid,
            kind=found.kind,
            detail=found.detail,
            raw=found.raw or None,
            run_id=run_id,
            strikes=1,
        )
    )
    return True


def _is(column: Column[Any], value: int | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def resolve_gaps(
    connection: Connection,
    run_id: int,
    account_id: int,
    *,
    kinds: tuple[str, ...],
    mailbox_id: int | None = None,
    epoch_id: int | None = None,
    uids: tuple[int, ...] | None = None,
) -> None:
    """Close open gaps of these kinds: the account, mailbox or messages were read after all."""
    columns = gap.c
    where = (columns.account_id == account_id) & columns.resolved_run_id.is_(None) & columns.kind.in_(kinds)
    if mailbox_id is not None:
        where &= columns.mailbox_id == mailbox_id
    if epoch_id is not None:
        where &= columns.epoch_id == epoch_id
    if uids is not None:
        where &= columns.uid.in_(uids)
    connection.execute(update(gap).where(where).values(resolved_run_id=run_id))


def note_stopped_accounts(connection: Connection, run_id: int) -> None:
    """Record a gap for every account that a stopped scan has not read to its end, or not even begun with."""
    states = crawl_account.c
    rows = connection.execute(
        select(account.c.id, account.c.name, states.state)
        .select_from(crawl_account.join(account))
        .where((states.run_id == run_id) & states.state.in_(("waiting", "opening", "running")))
    ).all()
    for account_id, name, state in rows:
        kind = "account_unreached" if state == "waiting" else "account_unfinished"
        record_gap(connection, run_id, account_id, None, None, Gap(name, kind, "the scan was stopped"))


def open_message_gaps(connection: Connection, epoch_id: int) -> dict[int, int]:
    """Return UID → strikes of the messages of an epoch that are open gaps; those of which only a part is are not."""
    columns = gap.c
    rows = connection.execute(
        select(columns.uid, columns.strikes).where(
            (columns.epoch_id == epoch_id)
            & columns.resolved_run_id.is_(None)
            & columns.uid.is_not(None)
            & columns.kind.in_(MESSAGE_KINDS)
        )
    )
    found: dict[int, int] = {}
    for uid, strikes in rows:
        found[uid] = max(strikes, found.get(uid, 0))
    return found


def accounts_with_gaps(connection: Connection) -> frozenset[str]:
    """Return the names of accounts of which something could not be read."""
    where = gap.c.resolved_run_id.is_(None)
    names = select(account.c.name).where(account.c.id.in_(select(gap.c.account_id).where(where)))
    return frozenset(connection.execute(names).scalars())


def open_gaps(connection: Connection) -> Iterator[Gap]:
    """Yield open gaps by (account, mailbox, uidvalidity, uid, kind); accounts come before their mailboxes."""
    columns = gap.c
    rows = connection.execute(
        select(account.c.name, mailbox.c.name, epoch.c.uidvalidity, columns.uid, columns.kind, columns.id)
        .select_from(
            gap.join(account, account.c.id == columns.account_id)
            .outerjoin(mailbox, mailbox.c.id == columns.mailbox_id)
            .outerjoin(epoch, epoch.c.id == columns.epoch_id)
        )
        .where(columns.resolved_run_id.is_(None))
    ).all()
    # Sorted here: databases collate differently.
    order = sorted(rows, key=lambda row: (row[0], row[1] or "", row[2] or 0, row[3] or 0, row[4], row[5]))
    for some in chunks(order, _PIECE):
        # The octets of few gaps at a time: each may hold 64 KiB.
        texts = select(columns.id, columns.detail, columns.raw).where(columns.id.in_([row[5] for row in some]))
        known = {number: (detail, raw) for number, detail, raw in connection.execute(texts)}
        for name, box, validity, uid, kind, number in some:
            detail, raw = known[number]
            yield Gap(name, kind, detail, box, validity, uid, bytes(raw or b""))
