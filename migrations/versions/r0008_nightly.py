"""What an analysis of new mail needs of the analysis before: candidates, their terms, and what has changed since."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "candidate",
        sa.Column("message_id", _KEY, nullable=False, autoincrement=False),
        sa.Column("identity", sa.LargeBinary(32), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("incident_key", sa.String(12), nullable=True),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("recalls", sa.Boolean(), nullable=False),
        sa.Column("has_origin", sa.Boolean(), nullable=False),
        sa.Column("thin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_candidate"),
    )
    op.create_table(
        "candidate_term",
        sa.Column("term", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("term", "message_id", name="pk_candidate_term"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "message_change",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message_change"),
    )
    op.add_column("analysis_run", sa.Column("result_id", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("exposed_addresses", sa.Integer(), nullable=True))
    op.add_column("incident", sa.Column("around", sa.Text(), nullable=True))
    op.add_column("incident", sa.Column("share", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("incident", "share")
    op.drop_column("incident", "around")
    op.drop_column("incident", "exposed_addresses")
    op.drop_column("analysis_run", "result_id")
    op.drop_table("message_change")
    op.drop_table("candidate_term")
    op.drop_table("candidate")
