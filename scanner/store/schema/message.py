"""Messages, their copies, headers and recipients."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from scanner.store.schema.base import BigKey, metadata

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

structure = Table(
    "structure",
    metadata,
    # Of messages with two outsiders or more only: there is a row as soon as the structure is wanted.
    Column("message_id", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    # The parts as JSON, see scanner.store.structure; NULL: not known yet.
    Column("parts", Text),
    # Of these the attachments: their names for people who ask in SQL, and how many there are.
    Column("attachment_names", Text),
    Column("attachment_count", Integer),
)
# Each scan asks for those that are wanted, and they are few.
_wanted = structure.c.parts.is_(None)
Index("ix_structure_wanted", structure.c.message_id, sqlite_where=_wanted, postgresql_where=_wanted)
