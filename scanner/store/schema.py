"""
The tables of the store, for SQLite and PostgreSQL alike.

Moments are BIGINT seconds since 1970-01-01 UTC; the offset written beside
them is in minutes. Display names and raw headers are bytes, because
PostgreSQL text refuses NUL and sqlite3 refuses lone surrogates. UIDs and
MODSEQs are BIGINT: both occur above 2^31 (RFC 9051, 2.3.1; RFC 7162, 3.1).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_REVISION = "0004"
"""The newest revision in migrations/versions; a test compares the two."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite makes only an INTEGER PRIMARY KEY the row id itself.
BigKey = BigInteger().with_variant(Integer, "sqlite")


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


# --- who is crawled ----------------------------------------------------------

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("host", Text, nullable=False),
    Column("login", Text, nullable=False),
    # The last UTC day on which its bytes were counted, from 1970-01-01, and how many they were; NULL = never.
    Column("traffic_day", Integer),
    Column("traffic_bytes", BigInteger),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    # The name as it stands on the wire (modified UTF-7 or raw UTF-8) finds the mailbox again; `name` is for people.
    Column("wire_name", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("in_scope", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    # Own mail in a mailbox that is not read, as the server's search counts it; NULL = not counted.
    Column("own_mail", BigInteger),
    # What the mailbox was like when it was counted: while it stays so, it need not be counted again.
    Column("own_mail_state", Text),
    # Why it could not be counted.
    Column("own_mail_note", Text),
    UniqueConstraint("account_id", "wire_name"),
)

epoch = Table(
    "epoch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("uidnext", BigInteger),
    Column("highestmodseq", BigInteger),
    # The cursor: UID ranges that were examined, compact ("1:4711,4713:9000"). Newest first leaves holes.
    Column("examined", Text, nullable=False),
    # Of these the mail of others, which a scan for mail of ours reads and does not keep; ranges as well.
    Column("others", Text),
    # Hash of who counted as ours when that was decided: another one asks for them again.
    Column("others_rule", String(64)),
    # What the mailbox was like when it was last read to its end, as JSON (store/standing.py); NULL = not since opened.
    Column("standing", Text),
    Column("is_current", Boolean, nullable=False),
    UniqueConstraint("mailbox_id", "uidvalidity"),
)

# --- messages ----------------------------------------------------------------

address = Table(
    "address",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    Column("address_key", Text, nullable=False, unique=True),
)

message = Table(
    "message",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False),
    Column("identity", LargeBinary(32), nullable=False, unique=True),
    Column("message_id", Text, nullable=False, index=True),
    Column("date_field", Text, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("sent_offset", SmallInteger),
    Column("origin", String(8), nullable=False),
    Column("subject", Text, nullable=False),
    Column("from_id", ForeignKey("address.id")),
    Column("parser_version", SmallInteger, nullable=False),
    Column("defects", Text),
    Column("in_reply_to", Text),
    Column("references_field", Text),
    Column("content_type", Text),
    Column("content_class", Text),
    Column("list_id", Text),
    Column("list_post", Text),
    Column("auto_submitted", Text),
    Column("precedence", Text),
    Column("sensitivity", Text),
    Column("thread_topic", Text),
    Column("thread_index", Text),
    Column("mailer", Text),
    Column("failed_recipients", Text),
)
# Few sent messages have one, and every report asks for all of them.
_with_list = message.c.list_post.is_not(None)
Index("ix_message_list_post", message.c.list_post, sqlite_where=_with_list, postgresql_where=_with_list)

USUAL_FIELDS = ("content-type", "in-reply-to", "references", "x-mailer")
"""The first of FIELD_COLUMNS: most messages have some of these and none of the others."""

FIELD_COLUMNS = {
    "content-type": "content_type",
    "in-reply-to": "in_reply_to",
    "references": "references_field",
    "x-mailer": "mailer",
    "content-class": "content_class",
    "list-id": "list_id",
    "list-post": "list_post",
    "auto-submitted": "auto_submitted",
    "precedence": "precedence",
    "sensitivity": "sensitivity",
    "thread-topic": "thread_topic",
    "thread-index": "thread_index",
    "x-failed-recipients": "failed_recipients",
}
"""Header field (key of `Message.fields`) → column of `message`. User-Agent is kept as x-mailer."""

message_copy = Table(
    "message_copy",
    metadata,
    Column("epoch_id", ForeignKey("epoch.id"), primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("internal_at", BigInteger, nullable=False),
    Column("internal_offset", SmallInteger),
    Column("size", BigInteger, nullable=False),
    Column("flags", Text, nullable=False),
    Column("header_sha256", LargeBinary(32), nullable=False),
    Column("expunged", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

header_block = Table(
    "header_block",
    metadata,
    Column("header_sha256", LargeBinary(32), primary_key=True),
    Column("message_id", ForeignKey("message.id"), nullable=False, index=True),
    Column("deflated", LargeBinary, nullable=False),
)

recipient = Table(
    "recipient",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    # Order within the header; From, Sender, Reply-To and Resent-From come first.
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("field", String(11), nullable=False),
    # NULL: the entry is no mail address and stands in `written` only.
    Column("address_id", ForeignKey("address.id")),
    # As shown, UTF-8; NULL when no name was shown.
    Column("display_name", LargeBinary),
    # As it stood in the header, where that differs from display_name.
    Column("display_name_raw", LargeBinary),
    # The address as written, where that differs from its key.
    Column("written", Text),
    Column("group_name", Text),
    Column("defect", String(32)),
    # Clustered by message in SQLite: one tree instead of two, and a message's rows lie together.
    sqlite_with_rowid=False,
)
# Coverage counts the messages with a Bcc field: without it that is a walk through all recipients.
_hidden = recipient.c.field == "bcc"
Index("ix_recipient_bcc", recipient.c.message_id, sqlite_where=_hidden, postgresql_where=_hidden)

# --- runs and gaps -----------------------------------------------------------

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

# --- policy and analysis -----------------------------------------------------

policy = Table(
    "policy",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

address_class = Table(
    "address_class",
    metadata,
    Column("policy_id", ForeignKey("policy.id"), primary_key=True),
    Column("address_id", ForeignKey("address.id"), primary_key=True),
    Column("kind", String(10), nullable=False),
    Column("outsider", Boolean, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("role", Boolean, nullable=False),
    Column("sister", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

analysis_run = Table(
    "analysis_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("policy_id", ForeignKey("policy.id"), nullable=False),
    Column("crawl_run_id", ForeignKey("crawl_run.id")),
    Column("as_of", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("tool_version", Text, nullable=False),
    Column("totals", Text, nullable=False),
)

finding = Table(
    "finding",
    metadata,
    Column("run_id", ForeignKey("analysis_run.id"), primary_key=True),
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    # exposes | bcc_sibling | also_look
    Column("kind", String(11), nullable=False),
    Column("outsiders", Integer, nullable=False),
    Column("bcc_outsiders", Integer, nullable=False),
)

incident = Table(
    "incident",
    metadata,
    Column("run_id", ForeignKey("analysis_run.id"), primary_key=True),
    Column("key", String(12), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("queued", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("first_sent_at", BigInteger, nullable=False),
    Column("last_sent_at", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("ladder", Text, nullable=False),
    Column("related", Text, nullable=False),
)

incident_message = Table(
    "incident_message",
    metadata,
    Column("run_id", ForeignKey("analysis_run.id"), primary_key=True),
    Column("incident_key", String(12), primary_key=True),
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    # exposing | bcc_sibling: evidence, in no rung
    Column("part", String(11), nullable=False),
    Column("kind", String(10), nullable=False),
)

incident_reason = Table(
    "incident_reason",
    metadata,
    Column("run_id", ForeignKey("analysis_run.id"), primary_key=True),
    Column("incident_key", String(12), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False),
    Column("points", Integer, nullable=False),
    Column("text", Text, nullable=False),
)

incident_change = Table(
    "incident_change",
    metadata,
    Column("run_id", ForeignKey("analysis_run.id"), primary_key=True),
    Column("incident_key", String(12), primary_key=True),
    # new | entered (without new mail, by another policy) | grown | gone
    Column("change", String(8), primary_key=True),
    Column("detail", Text, nullable=False),
)

# --- people and decisions ----------------------------------------------------

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

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_key", String(12), nullable=False, index=True),
    Column("scope", String(8), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    # JSON: reason, identities judged, aware_at and its source; erased to NULL leaves a tombstone.
    Column("payload", Text),
    Column("payload_sha256", String(64), nullable=False),
    Column("chain_sha256", String(64), nullable=False),
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
