"""Trades remember when they were accepted, what is due when, and whose fault their end was."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)
DUE = {
    "postgresql": """CASE WHEN planned_at IS NULL THEN updated_at + interval '7 days'
        ELSE greatest(planned_at, updated_at) + interval '2 days' END""",
    "sqlite": """CASE WHEN planned_at IS NULL
        THEN strftime('%Y-%m-%d %H:%M:%f000', updated_at, '+7 days')
        ELSE strftime('%Y-%m-%d %H:%M:%f000', max(planned_at, updated_at), '+2 days') END""",
}


def upgrade() -> None:
    with op.batch_alter_table("trade_parties") as parties:
        parties.add_column(
            sa.Column("at_fault", sa.Boolean, nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("trade_parties") as parties:
        parties.alter_column("at_fault", server_default=None)
    with op.batch_alter_table("trades") as trades:
        trades.add_column(sa.Column("accepted_at", INSTANT))
        trades.add_column(sa.Column("due_at", INSTANT))
        trades.add_column(sa.Column("cancellation_asked_by", sa.Uuid))
        trades.add_column(sa.Column("cancellation_asked_at", INSTANT))
        trades.create_foreign_key(
            "fkx_trades_cancellation_asked_by", "users", ["cancellation_asked_by"], ["id"]
        )
    op.create_index("ix_trades_due_at", "trades", ["due_at"])
    start_clocks()


def start_clocks() -> None:
    """Proposals are due when their answer is; acceptance counts from the last change."""
    due = DUE[op.get_context().dialect.name]
    op.execute("UPDATE trades SET due_at = answer_due_at WHERE state = 'proposed'")
    op.execute(
        "UPDATE trades SET accepted_at = updated_at WHERE state IN ('accepted', 'fulfilling')"
    )
    op.execute(f"UPDATE trades SET due_at = {due} WHERE state = 'accepted'")  # noqa: S608


def downgrade() -> None:
    op.drop_index("ix_trades_due_at", "trades")
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("fkx_trades_cancellation_asked_by", type_="foreignkey")
        for column in ("cancellation_asked_at", "cancellation_asked_by", "due_at", "accepted_at"):
            trades.drop_column(column)
    with op.batch_alter_table("trade_parties") as parties:
        parties.drop_column("at_fault")
