"""A leg knows since when it is disputed, so that it gets back its own time and no other's."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

NO = sa.false()
SINCE_THE_FIRST = """
UPDATE trade_legs SET disputed_at = (
    SELECT trades.disputed_at FROM trades WHERE trades.id = trade_legs.trade_id
) WHERE disputed
"""
"""Of legs that were added to a dispute it was not written down when."""


def upgrade() -> None:
    with op.batch_alter_table("trade_legs") as legs:
        legs.add_column(sa.Column("disputed_at", sa.DateTime(timezone=True)))
    op.execute(SINCE_THE_FIRST)
    with op.batch_alter_table("trade_legs") as legs:
        legs.drop_column("disputed")


def downgrade() -> None:
    with op.batch_alter_table("trade_legs") as legs:
        legs.add_column(sa.Column("disputed", sa.Boolean, server_default=NO, nullable=False))
    op.execute("UPDATE trade_legs SET disputed = (disputed_at IS NOT NULL)")
    with op.batch_alter_table("trade_legs") as legs:
        legs.alter_column("disputed", existing_type=sa.Boolean, server_default=None)
        legs.drop_column("disputed_at")
