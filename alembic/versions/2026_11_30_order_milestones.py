"""Milestones of group orders, their moves, and what providers have told of payments."""

import sqlalchemy as sa
from alembic import op

from apps.shared.infrastructure.online import drop_index, make_index

revision = "0038"
down_revision = "0037"

INSTANT = sa.DateTime(timezone=True)
AHEAD = sa.text("done_at IS NULL AND skipped_at IS NULL")
COUNTED = " AND ".join(
    f"(payment_id IS NULL) = ({column} IS NULL)"
    for column in ("counted_at", "counted_event_id", "group_order_id", "member_id")
)
CONDITIONS = {
    "order_milestones": {
        "kind": (
            "kind IN ('ordered', 'seller_shipped', 'at_forwarder', 'shipped_abroad', 'arrived',"
            " 'sorted', 'domestic_shipped', 'delivered')"
        ),
        "done": "(done_at IS NULL) = (done_by IS NULL)",
        "skipped": "done_at IS NULL OR skipped_at IS NULL",
    },
    "order_transactions": {
        "outcome": (
            "outcome IN ('reported', 'withdrawn', 'too_late', 'noted', 'reversed', 'superseded',"
            " 'unmatched', 'currency_mismatch', 'ignored')"
        ),
        "amount": "amount > 0",
        "matched": "(group_order_id IS NULL) = (member_id IS NULL)",
    },
    "provider_payments": {"counted": COUNTED},
}


SENT = "shipped_at IS NOT NULL AND confirmed_at IS NULL AND ended_at IS NULL"


def upgrade() -> None:
    make_index(
        "ix_order_allocations_sent",
        "order_allocations",
        ["shipped_at"],
        where={"postgresql": SENT, "sqlite": SENT},
    )
    op.create_table(
        "order_milestones",
        sa.Column("id", sa.Uuid, nullable=False),
        inside("order_milestones", "group_order_id", "group_orders"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("planned_on", sa.Date, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT),
        link("order_milestones", "done_by", nullable=True),
        sa.Column("note", sa.Text),
        sa.Column("proof_url", sa.String(500)),
        sa.Column("overdue_at", INSTANT),
        sa.Column("skipped_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *conditions("order_milestones"),
        sa.PrimaryKeyConstraint("id", name="pk_order_milestones"),
    )
    op.create_index(
        "uq_order_milestones_kind", "order_milestones", ["group_order_id", "kind"], unique=True
    )
    op.create_index(
        "ix_order_milestones_due_at",
        "order_milestones",
        ["due_at", "group_order_id"],
        postgresql_where=AHEAD,
        sqlite_where=AHEAD,
    )
    op.create_table(
        "milestone_moves",
        sa.Column("id", sa.Uuid, nullable=False),
        inside("milestone_moves", "milestone_id", "order_milestones"),
        sa.Column("was_on", sa.Date, nullable=False),
        sa.Column("planned_on", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        link("milestone_moves", "moved_by"),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_milestone_moves"),
    )
    op.create_index(
        "ix_milestone_moves_milestone_id", "milestone_moves", ["milestone_id", "moved_at"]
    )
    op.create_table(
        "order_transactions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("external_payment_id", sa.String(120)),
        sa.Column("reference", sa.String(120)),
        sa.Column("amount", sa.BigInteger),
        sa.Column("currency", sa.String(3)),
        sa.Column("occurred_at", INSTANT),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("body_digest", sa.String(64), nullable=False),
        inside("order_transactions", "group_order_id", "group_orders", nullable=True),
        link("order_transactions", "member_id", nullable=True),
        inside("order_transactions", "payment_id", "order_payments", nullable=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        *conditions("order_transactions"),
        sa.PrimaryKeyConstraint("id", name="pk_order_transactions"),
    )
    op.create_index(
        "uq_order_transactions_event", "order_transactions", ["provider", "event_id"], unique=True
    )
    op.create_index(
        "ix_order_transactions_group_order_id", "order_transactions", ["group_order_id", "id"]
    )
    op.create_index("ix_order_transactions_outcome", "order_transactions", ["outcome", "id"])
    op.create_table(
        "provider_payments",
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("external_payment_id", sa.String(120), nullable=False),
        sa.Column("counted_at", INSTANT),
        sa.Column("counted_event_id", sa.String(255)),
        inside("provider_payments", "group_order_id", "group_orders", nullable=True),
        link("provider_payments", "member_id", nullable=True),
        inside("provider_payments", "payment_id", "order_payments", nullable=True),
        sa.Column("reversed_at", INSTANT),
        *conditions("provider_payments"),
        sa.PrimaryKeyConstraint("provider", "external_payment_id", name="pk_provider_payments"),
    )
    for table in ("milestone_moves", "order_transactions"):
        for trigger in append_only(table)[op.get_context().dialect.name]:
            op.execute(trigger)


def downgrade() -> None:
    drop_index("ix_order_allocations_sent", "order_allocations")
    for table in (
        *("provider_payments", "order_transactions"),
        *("milestone_moves", "order_milestones"),
    ):
        op.drop_table(table)


def conditions(table: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in CONDITIONS[table].items()
    ]


def append_only(table: str) -> dict[str, list[str]]:
    return {
        "postgresql": [
            f"""CREATE TRIGGER tr_{table}_append_only
            BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            EXECUTE FUNCTION refuse_change()"""
        ],
        "sqlite": [
            f"CREATE TRIGGER tr_{table}_append_only_{verb} BEFORE {verb} ON {table} BEGIN"
            f" SELECT RAISE(ABORT, 'append-only constraint failed: tr_{table}_append_only'); END"
            for verb in ("update", "delete")
        ],
    }


def link(table: str, column: str, *, nullable: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey("users.id", name=f"fkx_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def inside(table: str, column: str, to: str, *, nullable: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)
