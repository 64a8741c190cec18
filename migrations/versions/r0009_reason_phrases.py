"""The phrases of a reason beside its text, so that a report can say it in another language."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incident_reason", sa.Column("said", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("incident_reason", "said")
