"""What a report says of itself and over all incidents: its head, and the totals with the coverage."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from scanner.crawl.header import PARSER_VERSION
from scanner.model import CoverageRow, Ladder, Policy, ReportHead, Seen, Totals, is_dated
from scanner.store.coverage import is_provisional
from scanner.store.decision import ChainHead
from scanner.store.results import StoredAnalysis
from scanner.store.schema import crawl_run
from scanner.store.seen import seen_so_far
from scanner.store.state import holds_what_was_judged


def report_head(connection: Connection, policy: Policy, run: StoredAnalysis, log: ChainHead) -> ReportHead:
    """
    Return whom a report is of, what it was made by and from, and until when it speaks.

    Args:
        connection: To the store, in the snapshot that the report reads.

        policy: Under which the analysis was made.

        run: The analysis.

        log: Where the log of decisions ends in this snapshot.
    """
    analysed = Seen(**run.totals["seen"]) if run.totals.get("seen") else None
    return ReportHead(
        organisation=policy.organisation,
        time_zone=policy.time_zone,
        mandate=_mandate(connection),
        generated_at=run.ended_at,
        as_of=run.as_of,
        tool_version=run.tool_version,
        parser_version=str(PARSER_VERSION),
        policy_sha256=run.policy_sha256,
        queue_floor=policy.queue_floor,
        queue_score=policy.queue_score,
        provisional=is_provisional(connection) or analysed is not None,
        behind=not holds_what_was_judged(connection, run),
        seen=_less(analysed, seen_so_far(connection)),
        run=run.number,
        decisions=log.count,
        chain_head=log.sha256 if log.count else "",
        decided_until=max(run.as_of, log.recorded_at),
    )


def report_totals(
    run: StoredAnalysis, coverage: Sequence[CoverageRow], *, by_status: Mapping[str, int], has_gaps: bool
) -> Totals:
    """
    Return the figures over all queued incidents, as the analysis kept them, with the coverage.

    Args:
        run: The analysis.

        coverage: Of every mailbox, in scope or not.

        by_status: Status → queued incidents, by the log of decisions.

        has_gaps: Some account has open gaps, so that figures are "at least".
    """
    kept = run.totals
    ladder = Ladder(**kept["ladder"])
    in_scope = [row for row in coverage if row.in_scope]
    return Totals(
        ladder=replace(ladder, at_least=ladder.at_least or has_gaps),
        by_status=by_status,
        below_floor_messages=kept["below_floor_messages"],
        below_floor_addresses=kept["below_floor_addresses"],
        incidents=kept["incidents"],
        newest_sent_at=kept["newest_sent_at"],
        coverage_stored=sum(row.stored for row in in_scope),
        # Mail of others that was read for mail of ours was examined, and nothing of it was to be stored.
        coverage_enumerated=sum(row.enumerated - row.others for row in in_scope),
        accounts_unreached=tuple(row.account for row in coverage if not row.mailbox),
        oldest_mail=min(_dated(row.oldest for row in in_scope), default=None),
        newest_mail=max(_dated(row.newest for row in in_scope), default=None),
    )


def _dated(moments: Iterable[int | None]) -> list[int]:
    """Return the moments that are dates; what is there where none is one."""
    known = [one for one in moments if one is not None]
    return [one for one in known if is_dated(one)] or known


def _less(analysed: Seen | None, now: Seen | None) -> Seen | None:
    """Return what may be said of an analysis: no more than it had seen, though the scan has gone on since."""
    if analysed is None or now is None:
        return analysed or now
    return min(analysed, now, key=lambda seen: seen.messages / max(1, seen.expected))


def _mandate(connection: Connection) -> dict[str, str]:
    text = connection.execute(select(crawl_run.c.mandate).order_by(crawl_run.c.id.desc()).limit(1)).scalar()
    return dict(json.loads(text)) if text else {}
