"""Mail of others that was read and not kept, and own mail that lies where nothing is read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("own_mail", sa.BigInteger(), nullable=True))
    op.add_column("mailbox", sa.Column("own_mail_state", sa.Text(), nullable=True))
    op.add_column("mailbox", sa.Column("own_mail_note", sa.Text(), nullable=True))
    op.add_column("epoch", sa.Column("others", sa.Text(), nullable=True))
    op.add_column("epoch", sa.Column("others_rule", sa.String(length=64), nullable=True))
    op.add_column("crawl_mailbox", sa.Column("others", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    for table, columns in (
        ("crawl_mailbox", ("others",)),
        ("epoch", ("others_rule", "others")),
        ("mailbox", ("own_mail_note", "own_mail_state", "own_mail")),
    ):
        for column in columns:
            op.drop_column(table, column)
