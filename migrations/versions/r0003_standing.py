"""What a mailbox was like when it was last read to its end."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("epoch", sa.Column("standing", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("epoch", "standing")
