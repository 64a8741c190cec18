"""Scans as they were recorded: the evidence of who was asked, when, and over what."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, select

from scanner.model import ScannedAccount, ScanRecord
from scanner.store.schema import account, crawl_account, crawl_run


def scan_records(connection: Connection) -> Iterator[ScanRecord]:
    """Yield the scans in their order, each with its accounts by name."""
    accounts: dict[int, list[ScannedAccount]] = defaultdict(list)
    query = select(
        crawl_account.c.run_id, account.c.name, crawl_account.c.state, crawl_account.c.server, crawl_account.c.tls
    ).join_from(crawl_account, account)
    for row in connection.execute(query):
        accounts[row.run_id].append(ScannedAccount(row.name, row.state, row.server or "", row.tls or ""))
    for run in connection.execute(select(crawl_run).order_by(crawl_run.c.id)):
        # Collations differ between databases: sorted here.
        found = tuple(sorted(accounts[run.id], key=lambda one: one.account))
        yield ScanRecord(run.id, run.started_at, run.ended_at, run.state, run.tool_version, run.settings_sha256, found)
