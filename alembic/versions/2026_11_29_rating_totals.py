"""What all ratings come to, kept as a row; a worker counts it as soon as it begins."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "rating_totals",
        sa.Column("sort", sa.String(20), nullable=False),
        sa.Column("ratings", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sort", name="pk_rating_totals"),
    )


def downgrade() -> None:
    op.drop_table("rating_totals")
