"""Who received what: proofs, how far received mail was looked through, message traces."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery_pass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_pass")),
    )
    op.create_table(
        "trace_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("matched", sa.BigInteger(), nullable=False),
        sa.Column("unreadable", sa.BigInteger(), nullable=False),
        sa.Column("unshown", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_import")),
        sa.UniqueConstraint("sha256", name=op.f("uq_trace_import_sha256")),
    )
    op.create_table(
        "delivery_account",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_delivery_account_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_delivery_account")),
    )
    op.create_table(
        "trace_send",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trace_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.Column("outside", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["trace_id"], ["trace_import.id"], name=op.f("fk_trace_send_trace_id_trace_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_send")),
    )
    with op.batch_alter_table("trace_send", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trace_send_trace_id"), ["trace_id"], unique=False)

    op.create_table(
        "delivery_epoch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.Integer(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uidnext", sa.BigInteger(), nullable=True),
        sa.Column("highestmodseq", sa.BigInteger(), nullable=True),
        sa.Column("examined", sa.Text(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_delivery_epoch_mailbox_id_mailbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_epoch")),
        sa.UniqueConstraint("mailbox_id", "uidvalidity", name=op.f("uq_delivery_epoch_mailbox_id_uidvalidity")),
    )
    op.create_table(
        "delivery_sought",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pass_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_delivery_sought_account_id_account")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_delivery_sought_message_id_message")),
        sa.ForeignKeyConstraint(
            ["pass_id"], ["delivery_pass.id"], name=op.f("fk_delivery_sought_pass_id_delivery_pass")
        ),
        sa.PrimaryKeyConstraint("account_id", "message_id", name=op.f("pk_delivery_sought")),
    )
    with op.batch_alter_table("delivery_sought", schema=None) as batch_op:
        batch_op.create_index("ix_delivery_sought_message_id", ["message_id"], unique=False)

    op.create_table(
        "trace_unknown",
        sa.Column("trace_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_trace_unknown_message_id_message")),
        sa.ForeignKeyConstraint(["trace_id"], ["trace_import.id"], name=op.f("fk_trace_unknown_trace_id_trace_import")),
        sa.PrimaryKeyConstraint("trace_id", "message_id", name=op.f("pk_trace_unknown")),
    )
    op.create_table(
        "delivery_gap",
        sa.Column("epoch_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["epoch_id"], ["delivery_epoch.id"], name=op.f("fk_delivery_gap_epoch_id_delivery_epoch")
        ),
        sa.PrimaryKeyConstraint("epoch_id", "uid", name=op.f("pk_delivery_gap")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("epoch_id", sa.Integer(), nullable=True),
        sa.Column("trace_id", sa.Integer(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("proof_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["epoch_id"], ["delivery_epoch.id"], name=op.f("fk_receipt_epoch_id_delivery_epoch")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_receipt_message_id_message")),
        sa.ForeignKeyConstraint(["trace_id"], ["trace_import.id"], name=op.f("fk_receipt_trace_id_trace_import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint(
            "message_id",
            "address_key",
            "kind",
            "proof_sha256",
            name=op.f("uq_receipt_message_id_address_key_kind_proof_sha256"),
        ),
    )


def downgrade() -> None:
    op.drop_table("receipt")
    op.drop_table("delivery_gap")
    op.drop_table("trace_unknown")
    with op.batch_alter_table("delivery_sought", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_sought_message_id")

    op.drop_table("delivery_sought")
    op.drop_table("delivery_epoch")
    with op.batch_alter_table("trace_send", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trace_send_trace_id"))

    op.drop_table("trace_send")
    op.drop_table("delivery_account")
    op.drop_table("trace_import")
    op.drop_table("delivery_pass")
