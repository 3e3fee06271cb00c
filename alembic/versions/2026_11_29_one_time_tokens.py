"""Tokens that are mailed, and serve once."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

INSTANT = sa.DateTime(timezone=True)
UNUSED_ONE_OF_A_KIND = sa.text("used_at IS NULL AND purpose <> 'undo_email_change'")
WAY_BACK = sa.text("purpose = 'undo_email_change'")


def upgrade() -> None:
    op.create_table(
        "one_time_tokens",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(600), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_one_time_tokens_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_one_time_tokens"),
    )
    op.create_index(
        "uq_one_time_tokens_unused",
        "one_time_tokens",
        ["user_id", "purpose"],
        unique=True,
        postgresql_where=UNUSED_ONE_OF_A_KIND,
        sqlite_where=UNUSED_ONE_OF_A_KIND,
    )
    op.create_index("ix_one_time_tokens_user_id", "one_time_tokens", ["user_id", "purpose"])
    op.create_index(
        "ix_one_time_tokens_email_key",
        "one_time_tokens",
        ["email_key"],
        postgresql_where=WAY_BACK,
        sqlite_where=WAY_BACK,
    )
    op.create_index("ix_one_time_tokens_expires_at", "one_time_tokens", ["expires_at"])


def downgrade() -> None:
    op.drop_table("one_time_tokens")
