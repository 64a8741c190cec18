"""What a mailbox was like when it was last read to its end: while it stays so, a scan need not open it."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from scanner.model import OpenedMailbox
from scanner.store import schema
from scanner.store.crawled import save_accounting, stored_count
from scanner.store.gaps import MAX_STRIKES, open_message_gaps
from scanner.store.kept_header import ASK_AGAIN
from scanner.store.structure import wanted_uids

TRUSTED_FOR = 7 * 24 * 3600
"""Seconds; every mailbox is opened once a week whatever STATUS says: servers are known to answer it from old notes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A mailbox that was read to its end, and the figures of that."""

    epoch_id: int
    opened: OpenedMailbox
    enumerated: int
    stored: int
    others: int
    errored: int
    expunged_since: int

    def is_still(self, now: OpenedMailbox) -> bool:
        """
        Tell whether a mailbox is as it was: nothing came, nothing was expunged.

        What comes raises UIDNEXT, what goes lowers the number of messages
        (RFC 9051, 2.3.1.1); a MODSEQ that both know tells any other change.
        Without a UIDNEXT nothing can be told.
        """
        then = self.opened
        if then.uidnext is None or (then.uidvalidity, then.uidnext, then.exists) != (
            now.uidvalidity,
            now.uidnext,
            now.exists,
        ):
            return False
        return None in (then.highestmodseq, now.highestmodseq) or then.highestmodseq == now.highestmodseq


def note_standing(connection: Connection, run_id: int, epoch_id: int, opened: OpenedMailbox, *, now: int) -> None:
    """
    Note that an epoch was read to its end and its figures add up, and what EXAMINE had said before it was listed.

    To be called in the transaction that ends its accounting. Nothing is noted
    where something is to be asked for again.
    """
    strikes = open_message_gaps(connection, epoch_id)
    if any(times < MAX_STRIKES for times in strikes.values()) or wanted_uids(connection, epoch_id):
        return
    state = {
        "opened": [opened.uidvalidity, opened.uidnext, opened.exists, opened.highestmodseq],
        "stored": stored_count(connection, epoch_id),
        "terms": _terms(connection, run_id),
        "at": now,
    }
    table = schema.epoch
    connection.execute(update(table).where(table.c.id == epoch_id).values(standing=json.dumps(state)))


def last_standing(connection: Connection, run_id: int, mailbox_id: int, *, now: int) -> Standing | None:
    """
    Return what a mailbox was like when it was last read to its end; None where it has to be opened.

    That is: never read to its end since it was opened, read under other
    settings or by another release, something of it open as a gap that this scan
    could close, a header missing that is to be kept by now, mail taken out of
    the store since, or more than TRUSTED_FOR ago.
    """
    epochs, figures, gaps = schema.epoch.c, schema.crawl_mailbox, schema.gap.c
    current = (epochs.mailbox_id == mailbox_id) & epochs.is_current.is_(True)
    row = connection.execute(select(epochs.id, epochs.standing, epochs.header_rule).where(current)).one_or_none()
    if row is None or row.standing is None or row.header_rule == ASK_AGAIN:
        return None
    state = json.loads(row.standing)
    if state["terms"] != _terms(connection, run_id) or not 0 <= now - state["at"] < TRUSTED_FOR:
        return None
    last = connection.execute(
        select(figures).where(figures.c.epoch_id == row.id).order_by(figures.c.run_id.desc()).limit(1)
    ).one_or_none()
    if last is None or last.ended_at is None or stored_count(connection, row.id) != state["stored"]:
        return None
    is_open = (gaps.mailbox_id == mailbox_id) & gaps.resolved_run_id.is_(None)
    of_mailbox = connection.execute(select(func.count()).where(is_open & gaps.uid.is_(None))).scalar_one()
    if of_mailbox or any(times < MAX_STRIKES for times in open_message_gaps(connection, row.id).values()):
        return None
    if wanted_uids(connection, row.id):
        return None
    return Standing(
        row.id,
        OpenedMailbox(*state["opened"]),
        last.enumerated,
        last.stored,
        last.others,
        last.errored,
        last.expunged_since,
    )


def carry_over(connection: Connection, run_id: int, standing: Standing, *, now: int) -> None:
    """Account for a mailbox that is as it was: the same figures, nothing fetched."""
    save_accounting(
        connection,
        run_id,
        standing.epoch_id,
        enumerated=standing.enumerated,
        stored=standing.stored,
        others=standing.others,
        vanished=0,
        errored=standing.errored,
        expunged_since=standing.expunged_since,
        fetched=0,
        ended_at=now,
    )


def _terms(connection: Connection, run_id: int) -> list[str]:
    """Return what decides what a run reads of a mailbox, beside the mailbox: settings, parser and rules."""
    runs = schema.crawl_run.c
    row = connection.execute(
        select(runs.settings_sha256, runs.parser_version, runs.tool_version).where(runs.id == run_id)
    ).one()
    return [row.settings_sha256, row.parser_version, row.tool_version]
