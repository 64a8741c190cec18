"""How much of the mail the scan that runs, or that was stopped, has seen: the coverage at this moment."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select

from scanner.model import Seen
from scanner.store.schema import crawl_account, crawl_mailbox, crawl_run, epoch, mailbox, message_copy

_SIZE_KNOWN = frozenset({"running", "complete", "failed"})
"""States of an account in a scan, once all its mailboxes were opened."""


def seen_so_far(connection: Connection) -> Seen | None:
    """
    Return how much has been seen while the newest scan goes on, or was stopped; None when it has come to its end.

    The figures are those of the coverage: stored of listed, over all accounts
    of the store, with what was listed last where this scan has not come yet.
    An account of which this scan has not opened all mailboxes may hold more.
    """
    run = connection.execute(select(crawl_run.c.id, crawl_run.c.state).order_by(crawl_run.c.id.desc()).limit(1)).first()
    if run is None or run.state not in ("running", "aborted"):
        return None
    states = connection.execute(
        select(crawl_account.c.account_id, crawl_account.c.state).where(crawl_account.c.run_id == run.id)
    ).all()
    copies = _stored(connection)
    messages = expected = 0
    opened: dict[int, list[bool]] = {}
    for row in _last_listed(connection):
        stored = copies.get(row.epoch_id, 0)
        if row.enumerated is None:
            # The most favourable case: there is no more than what is stored.
            messages, expected = messages + stored, expected + stored
        else:
            # Mail of others was read, and nothing of it was to be stored.
            listed = row.enumerated - (row.others or 0)
            messages += row.stored if row.ended_at is not None else min(listed, stored)
            expected += listed
        opened.setdefault(row.account_id, []).append(row.run_id == run.id)
    unknown = sum(not _is_size_known(state, opened.get(account_id, [])) for account_id, state in states)
    return Seen(messages, expected, unknown)


def _is_size_known(state: str, opened: list[bool]) -> bool:
    """Tell whether a scan knows how much an account holds; `opened` says of each mailbox whether the scan opened it."""
    return state == "complete" or (any(opened) and (all(opened) or state in _SIZE_KNOWN))


def _last_listed(connection: Connection) -> Iterable[Any]:
    """Return (account_id, epoch_id, figures of the last scan that opened it or None) of the mailboxes in scope."""
    last = select(crawl_mailbox.c.epoch_id, func.max(crawl_mailbox.c.run_id).label("run_id")).group_by(
        crawl_mailbox.c.epoch_id
    )
    newest = last.subquery()
    return connection.execute(
        select(
            mailbox.c.account_id,
            epoch.c.id.label("epoch_id"),
            crawl_mailbox.c.run_id,
            crawl_mailbox.c.enumerated,
            crawl_mailbox.c.stored,
            crawl_mailbox.c.others,
            crawl_mailbox.c.ended_at,
        )
        .select_from(
            mailbox.outerjoin(epoch, (epoch.c.mailbox_id == mailbox.c.id) & epoch.c.is_current.is_(True))
            .outerjoin(newest, newest.c.epoch_id == epoch.c.id)
            .outerjoin(
                crawl_mailbox,
                (crawl_mailbox.c.epoch_id == epoch.c.id) & (crawl_mailbox.c.run_id == newest.c.run_id),
            )
        )
        .where(mailbox.c.in_scope.is_(True) & mailbox.c.listed.is_(True))
    )


def _stored(connection: Connection) -> dict[int, int]:
    """Return epoch → copies that are stored and still listed, of the current epochs."""
    rows = connection.execute(
        select(epoch.c.id, func.count())
        .select_from(message_copy.join(epoch))
        .where(message_copy.c.expunged.is_(False) & epoch.c.is_current.is_(True))
        .group_by(epoch.c.id)
    )
    return {epoch_id: number for epoch_id, number in rows}  # noqa: C416  # rows are no pairs to dict()
