"""Promises name who may count on them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

LIVE = sa.text("released_at IS NULL AND fulfilled_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("copy_promises") as promises:
        promises.add_column(sa.Column("receiver_id", sa.Uuid))
        promises.create_foreign_key(
            "fkx_copy_promises_receiver_id", "users", ["receiver_id"], ["id"]
        )
    op.execute(
        """
        UPDATE copy_promises SET receiver_id = (
            SELECT trade_legs.receiver_id FROM trade_legs
            JOIN leg_copies ON leg_copies.leg_id = trade_legs.id
            JOIN trades ON trades.id = trade_legs.trade_id
            WHERE trade_legs.trade_id = copy_promises.agreement_id
            AND leg_copies.copy_id = copy_promises.copy_id
            AND trades.state IN ('accepted', 'fulfilling', 'completed')
        )
        """
    )
    op.create_index(
        "ix_copy_promises_receiver_id",
        "copy_promises",
        ["receiver_id"],
        postgresql_where=LIVE,
        sqlite_where=LIVE,
    )


def downgrade() -> None:
    op.drop_index("ix_copy_promises_receiver_id", "copy_promises")
    with op.batch_alter_table("copy_promises") as promises:
        promises.drop_constraint("fkx_copy_promises_receiver_id", type_="foreignkey")
        promises.drop_column("receiver_id")
