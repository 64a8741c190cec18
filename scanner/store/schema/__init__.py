"""
The tables of the store, for SQLite and PostgreSQL alike.

Moments are BIGINT seconds since 1970-01-01 UTC; the offset written beside
them is in minutes. Display names and raw headers are bytes, because
PostgreSQL text refuses NUL and sqlite3 refuses lone surrogates. UIDs and
MODSEQs are BIGINT: both occur above 2^31 (RFC 9051, 2.3.1; RFC 7162, 3.1).
"""

from sqlalchemy import Connection

from scanner.store.schema.account import account, epoch, mailbox
from scanner.store.schema.analysis import (
    address_class,
    analysis_run,
    finding,
    incident,
    incident_change,
    incident_message,
    incident_reason,
    policy,
)
from scanner.store.schema.base import BigKey, metadata
from scanner.store.schema.delivery import (
    delivery_account,
    delivery_epoch,
    delivery_gap,
    delivery_pass,
    delivery_sought,
    receipt,
    trace_import,
    trace_send,
    trace_unknown,
)
from scanner.store.schema.message import (
    FIELD_COLUMNS,
    USUAL_FIELDS,
    address,
    header_block,
    message,
    message_copy,
    recipient,
    structure,
)
from scanner.store.schema.nightly import candidate, candidate_term, message_change
from scanner.store.schema.review import (
    decision,
    export_log,
    incident_found,
    merge_decision,
    person,
    person_address,
)
from scanner.store.schema.run import crawl_account, crawl_mailbox, crawl_run, gap

__all__ = [
    "FIELD_COLUMNS",
    "SCHEMA_REVISION",
    "USUAL_FIELDS",
    "BigKey",
    "account",
    "address",
    "address_class",
    "analysis_run",
    "candidate",
    "candidate_term",
    "crawl_account",
    "crawl_mailbox",
    "crawl_run",
    "create_all",
    "decision",
    "delivery_account",
    "delivery_epoch",
    "delivery_gap",
    "delivery_pass",
    "delivery_sought",
    "epoch",
    "export_log",
    "finding",
    "gap",
    "header_block",
    "incident",
    "incident_change",
    "incident_found",
    "incident_message",
    "incident_reason",
    "mailbox",
    "merge_decision",
    "message",
    "message_change",
    "message_copy",
    "metadata",
    "person",
    "person_address",
    "policy",
    "receipt",
    "recipient",
    "structure",
    "trace_import",
    "trace_send",
    "trace_unknown",
]

SCHEMA_REVISION = "0011"
"""The newest revision in migrations/versions; a test compares the two."""


def create_all(connection: Connection) -> None:
    """
    Make all tables of a new store and note their revision, as the migrations would.

    Importing Alembic takes a third of a second; a new store has nothing to
    migrate. A test compares the two ways.
    """
    metadata.create_all(connection)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version (version_num) VALUES ('{SCHEMA_REVISION}')")
