"""What an analysis of new mail needs of the analysis before; all of it is made anew by a whole analysis."""

from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, String, Table, Text

from scanner.store.schema.base import BigKey, metadata

# No foreign keys: rows that are derived, written by the ten thousand, and dropped as a whole.
candidate = Table(
    "candidate",
    metadata,
    Column("message_id", BigKey, primary_key=True, autoincrement=False),
    Column("identity", LargeBinary(32), nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    # Of the newest analysis; NULL = it belongs to none.
    Column("incident_key", String(12)),
    Column("stem", Text, nullable=False),
    Column("recalls", Boolean, nullable=False),
    Column("has_origin", Boolean, nullable=False),
    # What its neighbours see of it, as JSON.
    Column("thin", Text, nullable=False),
)

candidate_term = Table(
    "candidate_term",
    metadata,
    # 64 bits of a hash: a term may be an address, a stem, a Message-ID.
    Column("term", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

message_change = Table(
    "message_change",
    metadata,
    # Stored messages of which a scan has learned more since the newest analysis; a message may stand here often.
    Column("id", BigKey, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
)
