"""Who is crawled: accounts, their mailboxes, and one epoch per UIDVALIDITY with its cursor."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from scanner.store.schema.base import metadata

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
    # Hash of who counted as an outsider when its messages were stored: another one may want more structures.
    Column("structure_rule", String(64)),
    # Hash of what decided whose headers are kept when none was missing any more; empty = some are, ask for them.
    Column("header_rule", String(64)),
    # What the mailbox was like when it was last read to its end, as JSON (store/standing.py); NULL = not since opened.
    Column("standing", Text),
    Column("is_current", Boolean, nullable=False),
    UniqueConstraint("mailbox_id", "uidvalidity"),
)
