"""What a store holds as far as an analysis is concerned, in one short text: equal texts, equal results."""

import hashlib
import json
from dataclasses import asdict

from sqlalchemy import Connection, case, func, select, update

from scanner.store.people import newest_statement
from scanner.store.receipts import proof_state
from scanner.store.results import NEWEST_MESSAGE, latest_analysis
from scanner.store.schema import account, analysis_run, crawl_run, incident_change, mailbox, message_copy
from scanner.store.seen import seen_so_far

_STATE = "store_state"


def store_state(connection: Connection) -> str:
    """
    Return a hash over what decides the result of an analysis beside the policy.

    Whatever a scan changes about a message comes with a new copy of it, so
    the copies, the mailboxes, what is proven of the recipients and what was
    stated about people say it all; one pass over the smallest rows.
    """
    copies = message_copy.c
    figures = connection.execute(
        select(
            copies.epoch_id,
            func.count(),
            func.sum(copies.message_id),
            func.sum(case((copies.expunged, 1), else_=0)),
            func.sum(case((copies.expunged, copies.uid), else_=0)),
        )
        .group_by(copies.epoch_id)
        .order_by(copies.epoch_id)
    )
    boxes = connection.execute(
        select(mailbox.c.id, account.c.name, mailbox.c.name, mailbox.c.role, mailbox.c.reason)
        .select_from(mailbox.join(account))
        .order_by(mailbox.c.id)
    )
    # PostgreSQL sums to a decimal.
    held = [
        [[int(figure) for figure in row] for row in figures],
        [list(row) for row in boxes],
        list(proof_state(connection)),
        newest_statement(connection),
    ]
    return hashlib.sha256(json.dumps(held).encode()).hexdigest()


def is_analysed(connection: Connection, policy_sha256: str, tool_version: str) -> bool:
    """Tell whether the newest analysis judged the store as it is now, under this policy and by this version."""
    run = latest_analysis(connection)
    if run is None or (run.policy_sha256, run.tool_version) != (policy_sha256, tool_version):
        return False
    return run.totals.get(_STATE) == store_state(connection)


def note_state(connection: Connection, state: str | None) -> None:
    """
    Note what the newest analysis judged; None while another one works.

    An analysis that does not come to its end may have classed and marked
    under its policy: the one before it does not speak for the store any more.
    """
    run = latest_analysis(connection)
    if run is not None:
        totals = {**run.totals, NEWEST_MESSAGE: run.newest_message, _STATE: state}
        connection.execute(
            update(analysis_run).where(analysis_run.c.id == run.id).values(totals=json.dumps(totals, sort_keys=True))
        )


def confirm_analysis(connection: Connection, *, as_of: int, ended_at: int) -> None:
    """Let the newest analysis speak for another moment: all that a new one of the same store would change."""
    run = latest_analysis(connection)
    if run is None:
        return
    # A scan that had not finished then may have finished since, and brought nothing more.
    seen = seen_so_far(connection)
    totals = {**run.totals, NEWEST_MESSAGE: run.newest_message, "seen": asdict(seen) if seen else None}
    crawled = select(func.max(crawl_run.c.id)).scalar_subquery()
    connection.execute(
        update(analysis_run)
        .where(analysis_run.c.id == run.id)
        .values(as_of=as_of, ended_at=ended_at, crawl_run_id=crawled, totals=json.dumps(totals, sort_keys=True))
    )
    # Nothing has changed since the run before.
    connection.execute(incident_change.delete().where(incident_change.c.run_id == run.id))
