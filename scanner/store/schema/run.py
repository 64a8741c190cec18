"""Runs of the crawler with their accounting, and the gaps: what could not be listed, read or parsed."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table, Text

from scanner.store.schema.base import metadata

crawl_run = Table(
    "crawl_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("state", String(11), nullable=False),
    Column("tool_version", Text, nullable=False),
    Column("parser_version", SmallInteger, nullable=False),
    Column("settings_sha256", String(64), nullable=False),
    Column("mandate", Text, nullable=False),
)

crawl_account = Table(
    "crawl_account",
    metadata,
    Column("run_id", ForeignKey("crawl_run.id"), primary_key=True),
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("state", String(11), nullable=False),
    Column("server", Text),
    Column("tls", Text),
    Column("error", Text),
)

crawl_mailbox = Table(
    "crawl_mailbox",
    metadata,
    Column("run_id", ForeignKey("crawl_run.id"), primary_key=True),
    Column("epoch_id", ForeignKey("epoch.id"), primary_key=True),
    Column("enumerated", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("others", BigInteger, nullable=False, server_default="0"),
    Column("vanished", BigInteger, nullable=False),
    Column("errored", BigInteger, nullable=False),
    Column("expunged_since", BigInteger, nullable=False),
    Column("fetched", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

gap = Table(
    "gap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("mailbox_id", ForeignKey("mailbox.id")),
    Column("epoch_id", ForeignKey("epoch.id")),
    Column("uid", BigInteger),
    Column("kind", String(24), nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", LargeBinary),
    Column("run_id", ForeignKey("crawl_run.id"), nullable=False),
    # In how many runs it was met; a poison message is not asked for without end.
    Column("strikes", Integer, nullable=False),
    Column("resolved_run_id", ForeignKey("crawl_run.id")),
    Index("ix_gap_open", "account_id", "resolved_run_id"),
    Index("ix_gap_epoch_id_uid", "epoch_id", "uid", "resolved_run_id"),
)
