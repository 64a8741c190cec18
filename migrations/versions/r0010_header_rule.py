"""What decided whose headers are kept, so that those that are missing under another rule are asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("epoch", sa.Column("header_rule", sa.String(length=64), nullable=True))
    # Every mailbox is opened once more, so that headers that were not kept are asked for.
    op.execute("UPDATE epoch SET standing = NULL")


def downgrade() -> None:
    op.drop_column("epoch", "header_rule")
