"""Blocks: who wants nothing more to do with whom."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("blocker_id", sa.Uuid, nullable=False),
        sa.Column("blocked_id", sa.Uuid, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("blocker_id <> blocked_id", name="self"),
        sa.ForeignKeyConstraint(
            ["blocker_id"], ["users.id"], name="fk_blocks_blocker_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
    )
    op.create_index("uq_blocks_blocker_id", "blocks", ["blocker_id", "blocked_id"], unique=True)
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id", "blocker_id"])


def downgrade() -> None:
    op.drop_table("blocks")
