"""The first store: accounts, messages, runs, analysis, people and decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint("address_key", name=op.f("uq_address_address_key")),
    )
    op.create_table(
        "crawl_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("tool_version", sa.Text(), nullable=False),
        sa.Column("parser_version", sa.SmallInteger(), nullable=False),
        sa.Column("settings_sha256", sa.String(length=64), nullable=False),
        sa.Column("mandate", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl_run")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_key", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("chain_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_decision_incident_key"), ["incident_key"], unique=False)

    op.create_table(
        "merge_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_decision")),
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
    )
    op.create_table(
        "policy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("sha256", name=op.f("uq_policy_sha256")),
    )
    op.create_table(
        "address_class",
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("address_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("outsider", sa.Boolean(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("role", sa.Boolean(), nullable=False),
        sa.Column("sister", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_address_class_address_id_address")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_address_class_policy_id_policy")),
        sa.PrimaryKeyConstraint("policy_id", "address_id", name=op.f("pk_address_class")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "analysis_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("crawl_run_id", sa.Integer(), nullable=True),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("tool_version", sa.Text(), nullable=False),
        sa.Column("totals", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["crawl_run_id"], ["crawl_run.id"], name=op.f("fk_analysis_run_crawl_run_id_crawl_run")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name=op.f("fk_analysis_run_policy_id_policy")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analysis_run")),
    )
    op.create_table(
        "crawl_account",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("tls", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_crawl_account_account_id_account")),
        sa.ForeignKeyConstraint(["run_id"], ["crawl_run.id"], name=op.f("fk_crawl_account_run_id_crawl_run")),
        sa.PrimaryKeyConstraint("run_id", "account_id", name=op.f("pk_crawl_account")),
    )
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("wire_name", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("in_scope", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_mailbox_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("account_id", "wire_name", name=op.f("uq_mailbox_account_id_wire_name")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("identity", sa.LargeBinary(length=32), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("date_field", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_offset", sa.SmallInteger(), nullable=True),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parser_version", sa.SmallInteger(), nullable=False),
        sa.Column("defects", sa.Text(), nullable=True),
        sa.Column("in_reply_to", sa.Text(), nullable=True),
        sa.Column("references_field", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("content_class", sa.Text(), nullable=True),
        sa.Column("list_id", sa.Text(), nullable=True),
        sa.Column("list_post", sa.Text(), nullable=True),
        sa.Column("auto_submitted", sa.Text(), nullable=True),
        sa.Column("precedence", sa.Text(), nullable=True),
        sa.Column("sensitivity", sa.Text(), nullable=True),
        sa.Column("thread_topic", sa.Text(), nullable=True),
        sa.Column("thread_index", sa.Text(), nullable=True),
        sa.Column("mailer", sa.Text(), nullable=True),
        sa.Column("failed_recipients", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["address.id"], name=op.f("fk_message_from_id_address")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("identity", name=op.f("uq_message_identity")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_message_id"), ["message_id"], unique=False)
        batch_op.create_index(
            "ix_message_list_post",
            ["list_post"],
            unique=False,
            sqlite_where=sa.text("list_post IS NOT NULL"),
            postgresql_where=sa.text("list_post IS NOT NULL"),
        )

    op.create_table(
        "person_address",
        sa.Column("address_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_person_address_address_id_address")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_person_address_person_id_person")),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_person_address")),
    )
    with op.batch_alter_table("person_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_address_person_id"), ["person_id"], unique=False)

    op.create_table(
        "epoch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uidnext", sa.BigInteger(), nullable=True),
        sa.Column("highestmodseq", sa.BigInteger(), nullable=True),
        sa.Column("examined", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_epoch_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
        sa.UniqueConstraint("mailbox_id", "uidvalidity", name=op.f("uq_epoch_mailbox_id_uidvalidity")),
    )
    op.create_table(
        "export_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exported_at", sa.BigInteger(), nullable=False),
        sa.Column("analysis_run_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("chain_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_run_id"], ["analysis_run.id"], name=op.f("fk_export_log_analysis_run_id_analysis_run")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_log")),
    )
    op.create_table(
        "finding",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("outsiders", sa.Integer(), nullable=False),
        sa.Column("bcc_outsiders", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_finding_message_id_message")),
        sa.ForeignKeyConstraint(["run_id"], ["analysis_run.id"], name=op.f("fk_finding_run_id_analysis_run")),
        sa.PrimaryKeyConstraint("run_id", "message_id", name=op.f("pk_finding")),
    )
    op.create_table(
        "header_block",
        sa.Column("header_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deflated", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_header_block_message_id_message")),
        sa.PrimaryKeyConstraint("header_sha256", name=op.f("pk_header_block")),
    )
    with op.batch_alter_table("header_block", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_header_block_message_id"), ["message_id"], unique=False)

    op.create_table(
        "incident",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("queued", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("first_sent_at", sa.BigInteger(), nullable=False),
        sa.Column("last_sent_at", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column("related", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["analysis_run.id"], name=op.f("fk_incident_run_id_analysis_run")),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_incident")),
    )
    op.create_table(
        "incident_change",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("incident_key", sa.String(length=12), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["analysis_run.id"], name=op.f("fk_incident_change_run_id_analysis_run")),
        sa.PrimaryKeyConstraint("run_id", "incident_key", "change", name=op.f("pk_incident_change")),
    )
    op.create_table(
        "incident_message",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("incident_key", sa.String(length=12), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.String(length=11), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_incident_message_message_id_message")),
        sa.ForeignKeyConstraint(["run_id"], ["analysis_run.id"], name=op.f("fk_incident_message_run_id_analysis_run")),
        sa.PrimaryKeyConstraint("run_id", "incident_key", "message_id", name=op.f("pk_incident_message")),
    )
    op.create_table(
        "incident_reason",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("incident_key", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["analysis_run.id"], name=op.f("fk_incident_reason_run_id_analysis_run")),
        sa.PrimaryKeyConstraint("run_id", "incident_key", "position", name=op.f("pk_incident_reason")),
    )
    op.create_table(
        "recipient",
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=11), nullable=False),
        sa.Column("address_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("display_name", sa.LargeBinary(), nullable=True),
        sa.Column("display_name_raw", sa.LargeBinary(), nullable=True),
        sa.Column("written", sa.Text(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("defect", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_recipient_address_id_address")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_recipient_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_recipient")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.create_index(
            "ix_recipient_bcc",
            ["message_id"],
            unique=False,
            sqlite_where=sa.text("field = 'bcc'"),
            postgresql_where=sa.text("field = 'bcc'"),
        )

    op.create_table(
        "crawl_mailbox",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("epoch_id", sa.Integer(), nullable=False),
        sa.Column("enumerated", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("vanished", sa.BigInteger(), nullable=False),
        sa.Column("errored", sa.BigInteger(), nullable=False),
        sa.Column("expunged_since", sa.BigInteger(), nullable=False),
        sa.Column("fetched", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_crawl_mailbox_epoch_id_epoch")),
        sa.ForeignKeyConstraint(["run_id"], ["crawl_run.id"], name=op.f("fk_crawl_mailbox_run_id_crawl_run")),
        sa.PrimaryKeyConstraint("run_id", "epoch_id", name=op.f("pk_crawl_mailbox")),
    )
    op.create_table(
        "gap",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=True),
        sa.Column("epoch_id", sa.Integer(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("resolved_run_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_gap_account_id_account")),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_gap_epoch_id_epoch")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_gap_mailbox_id_mailbox")),
        sa.ForeignKeyConstraint(["resolved_run_id"], ["crawl_run.id"], name=op.f("fk_gap_resolved_run_id_crawl_run")),
        sa.ForeignKeyConstraint(["run_id"], ["crawl_run.id"], name=op.f("fk_gap_run_id_crawl_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    with op.batch_alter_table("gap", schema=None) as batch_op:
        batch_op.create_index("ix_gap_open", ["account_id", "resolved_run_id"], unique=False)
        batch_op.create_index("ix_gap_epoch_id_uid", ["epoch_id", "uid", "resolved_run_id"], unique=False)

    op.create_table(
        "message_copy",
        sa.Column("epoch_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("internal_at", sa.BigInteger(), nullable=False),
        sa.Column("internal_offset", sa.SmallInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("header_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expunged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["epoch_id"], ["epoch.id"], name=op.f("fk_message_copy_epoch_id_epoch")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_copy_message_id_message")),
        sa.PrimaryKeyConstraint("epoch_id", "uid", name=op.f("pk_message_copy")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("message_copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_copy_message_id"), ["message_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("message_copy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_copy_message_id"))

    op.drop_table("message_copy")
    with op.batch_alter_table("gap", schema=None) as batch_op:
        batch_op.drop_index("ix_gap_epoch_id_uid")
        batch_op.drop_index("ix_gap_open")

    op.drop_table("gap")
    op.drop_table("crawl_mailbox")
    with op.batch_alter_table("recipient", schema=None) as batch_op:
        batch_op.drop_index("ix_recipient_bcc")

    op.drop_table("recipient")
    op.drop_table("incident_reason")
    op.drop_table("incident_message")
    op.drop_table("incident_change")
    op.drop_table("incident")
    with op.batch_alter_table("header_block", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_header_block_message_id"))

    op.drop_table("header_block")
    op.drop_table("finding")
    op.drop_table("export_log")
    op.drop_table("epoch")
    with op.batch_alter_table("person_address", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_address_person_id"))

    op.drop_table("person_address")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index("ix_message_list_post")
        batch_op.drop_index(batch_op.f("ix_message_message_id"))

    op.drop_table("message")
    op.drop_table("mailbox")
    op.drop_table("crawl_account")
    op.drop_table("analysis_run")
    op.drop_table("address_class")
    op.drop_table("policy")
    op.drop_table("person")
    op.drop_table("merge_decision")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_incident_key"))

    op.drop_table("decision")
    op.drop_table("crawl_run")
    op.drop_table("address")
    op.drop_table("account")
