"""A stand-in for the columns of legs that the rewritten aggregate brings."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("trade_legs") as legs:
        legs.add_column(
            sa.Column("verified", sa.Boolean, server_default=sa.false(), nullable=False)
        )
        legs.add_column(
            sa.Column("auto_received", sa.Boolean, server_default=sa.false(), nullable=False)
        )
        legs.add_column(sa.Column("tracking_number", sa.String(64)))
    with op.batch_alter_table("trade_legs") as legs:
        legs.alter_column("verified", server_default=None)
        legs.alter_column("auto_received", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("trade_legs") as legs:
        legs.drop_column("tracking_number")
        legs.drop_column("auto_received")
        legs.drop_column("verified")
