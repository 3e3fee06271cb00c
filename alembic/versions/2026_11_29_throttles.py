"""Attempts on accounts are counted, and refreshes of sessions with the session."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "auth_throttles",
        sa.Column("bucket", sa.String(64), nullable=False),
        sa.Column("hits", sa.Integer, nullable=False),
        sa.Column("streak", sa.Integer, nullable=False),
        sa.Column("free_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("forget_at", INSTANT, nullable=False),
        sa.CheckConstraint("hits > 0 AND streak >= hits", name=op.f("ck_auth_throttles_counts")),
        sa.PrimaryKeyConstraint("bucket", name="pk_auth_throttles"),
    )
    op.create_index("ix_auth_throttles_forget_at", "auth_throttles", ["forget_at"])
    with op.batch_alter_table("refresh_sessions") as sessions:
        sessions.add_column(sa.Column("refreshes", sa.Integer))
        sessions.add_column(sa.Column("refreshes_since", INSTANT))
    op.execute("UPDATE refresh_sessions SET refreshes = 0, refreshes_since = rotated_at")
    with op.batch_alter_table("refresh_sessions") as sessions:
        sessions.alter_column("refreshes", existing_type=sa.Integer, nullable=False)
        sessions.alter_column("refreshes_since", existing_type=INSTANT, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("refresh_sessions") as sessions:
        sessions.drop_column("refreshes_since")
        sessions.drop_column("refreshes")
    op.drop_table("auth_throttles")
