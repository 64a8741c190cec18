"""How much of the mail the scan that runs, or that was stopped, has seen."""

from sqlalchemy import Connection, func, select

from scanner.model import Seen
from scanner.store.schema import crawl_account, crawl_mailbox, crawl_run, epoch, gap, mailbox, message_copy
from scanner.uids import count, parse_ranges

_SIZE_KNOWN = frozenset({"running", "complete", "failed"})
"""States of an account in a scan, once all its mailboxes were opened."""


def seen_so_far(connection: Connection) -> Seen | None:
    """
    Return how much the newest scan has seen; None when it has come to its end.

    All accounts that it was to read are reckoned with, those included whose
    turn has not come; mail that earlier scans stored counts as seen.
    """
    run = connection.execute(select(crawl_run.c.id, crawl_run.c.state).order_by(crawl_run.c.id.desc()).limit(1)).first()
    if run is None or run.state not in ("running", "aborted"):
        return None
    states = connection.execute(
        select(crawl_account.c.account_id, crawl_account.c.state).where(crawl_account.c.run_id == run.id)
    ).all()
    listed = _listed(connection, run.id)
    stored = _stored(connection)
    messages = expected = unknown = 0
    for account_id, state in states:
        boxes = listed.get(account_id, {})
        if state in _SIZE_KNOWN and (boxes or state == "complete"):
            messages += sum(
                enumerated if ended else min(enumerated, stored.get(epoch_id, (account_id, 0))[1] + aside)
                for epoch_id, (enumerated, ended, aside) in boxes.items()
            )
            expected += sum(enumerated for enumerated, _, _ in boxes.values())
        else:
            unknown += 1
            # The most favourable case: nothing has come since.
            before = sum(number for owner, number in stored.values() if owner == account_id)
            messages += before
            expected += before
    return Seen(messages, expected, unknown)


def _listed(connection: Connection, run_id: int) -> dict[int, dict[int, tuple[int, bool, int]]]:
    """Return account → epoch → (messages listed, is read to its end, messages that are gaps or others' mail)."""
    rows = connection.execute(
        select(gap.c.epoch_id, func.count(gap.c.uid.distinct()))
        .where(gap.c.resolved_run_id.is_(None) & gap.c.epoch_id.is_not(None) & gap.c.uid.is_not(None))
        .group_by(gap.c.epoch_id)
    )
    unread = {epoch_id: number for epoch_id, number in rows}  # noqa: C416  # rows are no pairs to dict()
    found: dict[int, dict[int, tuple[int, bool, int]]] = {}
    for row in connection.execute(
        select(crawl_mailbox, mailbox.c.account_id, epoch.c.others.label("kept_out"))
        .select_from(crawl_mailbox.join(epoch).join(mailbox))
        .where((crawl_mailbox.c.run_id == run_id) & epoch.c.is_current.is_(True))
    ):
        aside = unread.get(row.epoch_id, 0) + count(parse_ranges(row.kept_out or ""))
        found.setdefault(row.account_id, {})[row.epoch_id] = (row.enumerated, row.ended_at is not None, aside)
    return found


def _stored(connection: Connection) -> dict[int, tuple[int, int]]:
    """Return epoch → (account, copies that are stored and still listed) of the current epochs."""
    rows = connection.execute(
        select(epoch.c.id, mailbox.c.account_id, func.count())
        .select_from(message_copy.join(epoch).join(mailbox))
        .where(message_copy.c.expunged.is_(False) & epoch.c.is_current.is_(True))
        .group_by(epoch.c.id, mailbox.c.account_id)
    )
    return {epoch_id: (account_id, number) for epoch_id, account_id, number in rows}
