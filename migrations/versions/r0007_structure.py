"""The structure of messages that show two outsiders or more: their parts, and the names of what is attached."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "structure",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("parts", sa.Text(), nullable=True),
        sa.Column("attachment_names", sa.Text(), nullable=True),
        sa.Column("attachment_count", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_structure_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_structure")),
    )
    op.create_index(
        op.f("ix_structure_wanted"),
        "structure",
        ["message_id"],
        sqlite_where=sa.text("parts IS NULL"),
        postgresql_where=sa.text("parts IS NULL"),
    )
    op.add_column("epoch", sa.Column("structure_rule", sa.String(length=64), nullable=True))
    # Every mailbox is opened once more, so that what it holds already is asked for.
    op.execute("UPDATE epoch SET standing = NULL")


def downgrade() -> None:
    op.drop_column("epoch", "structure_rule")
    op.drop_index(op.f("ix_structure_wanted"), table_name="structure")
    op.drop_table("structure")
