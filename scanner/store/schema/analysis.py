"""Policies, the classes of addresses under them, and the results of the analyses."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text

from scanner.store.schema.base import metadata

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
    # The run whose number the rows of its result carry; NULL = its own. What an analysis of new mail leaves as it was
    # is not written again, and what it replaces carries its number.
    Column("result_id", Integer),
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
    Column("exposed_addresses", Integer),
    # What other mail says of it, and its part in the totals, as JSON (analyse/surroundings.py, analyse/share.py).
    Column("around", Text),
    Column("share", Text),
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
    # The phrases of the text, JSON; NULL of an analysis before them.
    Column("said", Text),
)

incident_change = Table(
    "incident_change",
    metadata,
    Column("run_id", ForeignKey("analysis_run.id"), primary_key=True),
    Column("incident_key", String(12), primary_key=True),
    # new | entered (without new mail, by another policy) | grown | merged | split | gone
    Column("change", String(8), primary_key=True),
    Column("detail", Text, nullable=False),
)
