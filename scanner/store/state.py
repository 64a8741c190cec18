"""Whether, and since which moment of the store, the newest analysis speaks for it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, select, update

from scanner.store.message_change import noted_changes
from scanner.store.pending import Mark, mark_object, read_mark, store_mark
from scanner.store.results import NEWEST_MESSAGE, StoredAnalysis, latest_analysis
from scanner.store.schema import analysis_run, crawl_run, incident_change
from scanner.store.seen import seen_so_far

MARK = "mark"


def is_analysed(connection: Connection, policy_sha256: str, tool_version: str) -> bool:
    """Tell whether the newest analysis judged the store as it is now, under this policy and by this version."""
    run = latest_analysis(connection)
    if run is None or (run.policy_sha256, run.tool_version) != (policy_sha256, tool_version):
        return False
    return holds_what_was_judged(connection, run)


def holds_what_was_judged(connection: Connection, run: StoredAnalysis) -> bool:
    """Tell whether nothing has come into the store, or changed there, since an analysis; False while one works."""
    mark = mark_of(run)
    return mark is not None and mark == store_mark(connection) and not noted_changes(connection)


def mark_of(run: StoredAnalysis) -> Mark | None:
    """Return the moment of the store that an analysis judged; None when it does not say, or did not come to its end."""
    return read_mark(run.totals.get(MARK))


def note_mark(connection: Connection, mark: Mark | None) -> None:
    """
    Note what the newest analysis judged; None while a whole one works.

    An analysis that does not come to its end may have classed and marked
    under its policy: the one before it does not speak for the store any more.
    """
    run = latest_analysis(connection)
    if run is not None:
        set_totals(connection, run, {**run.totals, MARK: mark_object(mark) if mark else None})


def set_totals(connection: Connection, run: StoredAnalysis, totals: Mapping[str, Any]) -> None:
    """Set the figures of a run, and what it notes for the next one."""
    content = {NEWEST_MESSAGE: run.newest_message, **totals}
    connection.execute(
        update(analysis_run).where(analysis_run.c.id == run.number).values(totals=json.dumps(content, sort_keys=True))
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
        .where(analysis_run.c.id == run.number)
        .values(as_of=as_of, ended_at=ended_at, crawl_run_id=crawled, totals=json.dumps(totals, sort_keys=True))
    )
    # Nothing has changed since the run before.
    connection.execute(incident_change.delete().where(incident_change.c.run_id == run.number))
