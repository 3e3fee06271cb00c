"""A leg knows since when its clock runs, so that a dispute puts off no clock that begins later."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

SENT = """
UPDATE trade_legs SET waits_since = coalesce(reminded_at, delivered_at, shipped_at)
WHERE state = 'shipped'
"""


def upgrade() -> None:
    """Start the clocks; `due_at` of what was resumed stays put off until somebody acts."""
    with op.batch_alter_table("trade_legs") as legs:
        legs.add_column(sa.Column("waits_since", sa.DateTime(timezone=True)))
    op.execute(SENT)


def downgrade() -> None:
    with op.batch_alter_table("trade_legs") as legs:
        legs.drop_column("waits_since")
