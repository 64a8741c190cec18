"""Who received what: proofs, how far received mail was looked through for them, and imported message traces."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from scanner.store.schema.base import metadata

# One run of the command; what it completes can be asked for by its number.
delivery_pass = Table(
    "delivery_pass",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# Mailboxes of received mail have epochs of their own: the scan's cursors and coverage are another matter.
delivery_epoch = Table(
    "delivery_epoch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    # As in `epoch`: what finds a file's mailbox again.
    Column("uidnext", BigInteger),
    Column("highestmodseq", BigInteger),
    # The cursor: UIDs that were looked at for every message in delivery_sought of the account.
    Column("examined", Text, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("is_current", Boolean, nullable=False),
    UniqueConstraint("mailbox_id", "uidvalidity"),
)

# For which messages the received mail of an account is looked through.
delivery_sought = Table(
    "delivery_sought",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    # The pass that looked through all of it; NULL = only what the cursors say.
    Column("pass_id", ForeignKey("delivery_pass.id")),
    Index("ix_delivery_sought_message_id", "message_id"),
)

delivery_account = Table(
    "delivery_account",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True),
    # When it was last looked through to its end; NULL = never.
    Column("ended_at", BigInteger),
    Column("error", Text),
)

# What could not be read of received mail: bounces, and messages that were not given.
delivery_gap = Table(
    "delivery_gap",
    metadata,
    Column("epoch_id", ForeignKey("delivery_epoch.id"), primary_key=True),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    # bounce_unread | message_unserved
    Column("kind", String(24), nullable=False),
    Column("detail", Text, nullable=False),
)

trace_import = Table(
    "trace_import",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("imported_at", BigInteger, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("row_count", BigInteger, nullable=False),
    Column("matched", BigInteger, nullable=False),
    Column("unreadable", BigInteger, nullable=False),
    Column("unshown", BigInteger, nullable=False),
    # JSON, word → copies: what the trace says of copies in words that nobody knows; NULL = not looked at.
    Column("unknown_words", Text, nullable=True),
)

# Mailings of a trace that went to many; whether a stored message explains one is asked each time.
trace_send = Table(
    "trace_send",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trace_id", ForeignKey("trace_import.id"), nullable=False, index=True),
    Column("message_id", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("recipients", BigInteger, nullable=False),
    Column("outside", BigInteger, nullable=False),
)

# Stored messages of a trace's period and senders that it does not know.
trace_unknown = Table(
    "trace_unknown",
    metadata,
    Column("trace_id", ForeignKey("trace_import.id"), primary_key=True),
    Column("message_id", ForeignKey("message.id"), primary_key=True),
)

receipt = Table(
    "receipt",
    metadata,
    # Rows are only ever added: the highest number tells whether an analysis knows them all.
    Column("id", Integer, primary_key=True),
    Column("message_id", ForeignKey("message.id"), nullable=False),
    # Not a row of `address`: some of these addresses stand in no header.
    Column("address_key", Text, nullable=False),
    # bounced | delayed | delivered | auto_reply | replied
    Column("kind", String(10), nullable=False),
    Column("happened_at", BigInteger),
    Column("status", Text, nullable=False),
    # Where the mail lies that proves it, and its UID; or the trace, and its line.
    Column("epoch_id", ForeignKey("delivery_epoch.id")),
    Column("trace_id", ForeignKey("trace_import.id")),
    Column("uid", BigInteger),
    # Of the mail's header fields, or of the trace's row: the same proof counts once, wherever it lies.
    Column("proof_sha256", LargeBinary(32), nullable=False),
    UniqueConstraint("message_id", "address_key", "kind", "proof_sha256"),
)
