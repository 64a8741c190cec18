"""How much an account has received on the last day on which it was read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("traffic_day", sa.Integer(), nullable=True))
    op.add_column("account", sa.Column("traffic_bytes", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "traffic_bytes")
    op.drop_column("account", "traffic_day")
