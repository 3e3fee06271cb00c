"""Trades by mail and in rings, disputes, and a clock for what is under way."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

INSTANT = sa.DateTime(timezone=True)
NEW_FLAGS = {
    "trades": ("tracked",),
    "trade_parties": ("resume_asked",),
    "trade_legs": ("must_track", "abroad", "verified", "auto_received", "disputed"),
}
TRADES = (
    ("first_sender", sa.Uuid),
    ("reopened_by", sa.Uuid),
    ("dispute_kind", sa.String(20)),
    ("dispute_opener", sa.Uuid),
    ("disputed_at", INSTANT),
    ("not_before", INSTANT),
)
MEMBERS = ("first_sender", "reopened_by", "dispute_opener")
LEGS = (
    ("ship_by", INSTANT),
    ("carrier", sa.String(length=60)),
    ("tracking_number", sa.String(length=60)),
    ("shipped_at", INSTANT),
    ("delivered_at", INSTANT),
    ("reminded_at", INSTANT),
    ("received_at", INSTANT),
)
A_DAY_LATER = {
    "postgresql": "updated_at + interval '1 day'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', updated_at, '+1 day')",
}
ASKED = """
UPDATE trade_parties SET cancel_asked_at =
    (SELECT cancellation_asked_at FROM trades WHERE trades.id = trade_parties.trade_id)
WHERE member_id =
    (SELECT cancellation_asked_by FROM trades WHERE trades.id = trade_parties.trade_id)
"""
RECEIVED = """
UPDATE trade_legs SET received_at =
    (SELECT updated_at FROM trades WHERE trades.id = trade_legs.trade_id)
WHERE state = 'received'
"""
FIRST_ONE = """
UPDATE trades SET author_id = (
    SELECT member_id FROM trade_parties WHERE trade_id = trades.id AND position = 0
) WHERE author_id IS NULL
"""


def upgrade() -> None:
    add_flags()
    with op.batch_alter_table("trade_parties") as parties:
        parties.add_column(sa.Column("cancel_asked_at", INSTANT))
    with op.batch_alter_table("trade_legs") as legs:
        for name, kind in LEGS:
            legs.add_column(sa.Column(name, kind))
    with op.batch_alter_table("copy_promises") as promises:
        promises.add_column(sa.Column("shipped_at", INSTANT))
    op.execute(ASKED)
    op.execute(RECEIVED)
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("fkx_trades_cancellation_asked_by", type_="foreignkey")
        trades.drop_column("cancellation_asked_by")
        trades.drop_column("cancellation_asked_at")
        trades.alter_column("author_id", existing_type=sa.Uuid, nullable=True)
        for name, kind in TRADES:
            trades.add_column(sa.Column(name, kind))
        for name in MEMBERS:
            trades.create_foreign_key(f"fkx_trades_{name}", "users", [name], ["id"])
        trades.drop_constraint("due_while_it_waits", type_="check")
        trades.create_check_constraint(
            "due_while_it_waits",
            "due_at IS NULL OR state IN ('proposed', 'accepted', 'fulfilling')",
        )
        trades.create_check_constraint(
            "disputed_since", "(state = 'disputed') = (disputed_at IS NOT NULL)"
        )
    op.execute(
        f"UPDATE trades SET due_at = {A_DAY_LATER[op.get_context().dialect.name]}"  # noqa: S608
        " WHERE state = 'fulfilling'"
    )


def add_flags() -> None:
    """Add them with what held until now, and leave no default behind."""
    for table, names in NEW_FLAGS.items():
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.add_column(
                    sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
                )
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.alter_column(name, existing_type=sa.Boolean, server_default=None)


def downgrade() -> None:
    """Forget what the older code knows nothing of; rings and disputes cannot be told to it."""
    op.execute("UPDATE trades SET due_at = NULL WHERE state = 'fulfilling'")
    op.execute(FIRST_ONE)
    with op.batch_alter_table("trades") as trades:
        trades.drop_constraint("disputed_since", type_="check")
        trades.drop_constraint("due_while_it_waits", type_="check")
        trades.create_check_constraint(
            "due_while_it_waits", "due_at IS NULL OR state IN ('proposed', 'accepted')"
        )
        for name in MEMBERS:
            trades.drop_constraint(f"fkx_trades_{name}", type_="foreignkey")
        for name, _ in TRADES:
            trades.drop_column(name)
        trades.alter_column("author_id", existing_type=sa.Uuid, nullable=False)
        trades.add_column(sa.Column("cancellation_asked_by", sa.Uuid))
        trades.add_column(sa.Column("cancellation_asked_at", INSTANT))
        trades.create_foreign_key(
            "fkx_trades_cancellation_asked_by", "users", ["cancellation_asked_by"], ["id"]
        )
    with op.batch_alter_table("copy_promises") as promises:
        promises.drop_column("shipped_at")
    with op.batch_alter_table("trade_legs") as legs:
        for name, _ in LEGS:
            legs.drop_column(name)
    with op.batch_alter_table("trade_parties") as parties:
        parties.drop_column("cancel_asked_at")
    for table, names in NEW_FLAGS.items():
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.drop_column(name)
