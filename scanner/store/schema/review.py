"""People, decisions and exports: what persons have said, and what was handed out."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from scanner.store.schema.base import metadata

person = Table(
    "person",
    metadata,
    Column("person_id", String(64), primary_key=True),
    Column("name", Text),
)

person_address = Table(
    "person_address",
    metadata,
    Column("address_id", ForeignKey("address.id"), primary_key=True),
    Column("person_id", ForeignKey("person.person_id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
)

merge_decision = Table(
    "merge_decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_key", Text, nullable=False),
    Column("person_id", String(64), nullable=False),
    Column("undone", Boolean, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)

# Only ever appended to (store/decision.py): every row is chained to the one before it.
decision = Table(
    "decision",
    metadata,
    # Counted by the writer, from 1 without gaps: a missing row shows.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("incident_key", String(12), nullable=False, index=True),
    Column("verdict", String(16), nullable=False),
    Column("scope", String(8), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    # JSON: reason, identities judged, aware_at and its source; erased to NULL leaves a tombstone.
    Column("payload", Text),
    Column("payload_sha256", String(64), nullable=False),
    Column("chain_sha256", String(64), nullable=False),
)

# When an incident stood in the queue first, by its key then: results of old analyses are dropped, this is not.
incident_found = Table(
    "incident_found",
    metadata,
    Column("incident_key", String(12), primary_key=True),
    Column("found_at", BigInteger, nullable=False),
)

export_log = Table(
    "export_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exported_at", BigInteger, nullable=False),
    Column("analysis_run_id", ForeignKey("analysis_run.id")),
    Column("payload", Text),
    Column("payload_sha256", String(64), nullable=False),
    Column("chain_sha256", String(64), nullable=False),
)
