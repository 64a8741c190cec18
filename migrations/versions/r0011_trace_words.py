"""Words of a message trace that nobody knows are a gap."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trace_import", sa.Column("unknown_words", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("trace_import", "unknown_words")
