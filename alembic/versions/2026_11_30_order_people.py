"""Handovers of group orders, and ratings for them."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

INSTANT = sa.DateTime(timezone=True)
PENDING = sa.text("ended_at IS NULL")
CONDITIONS = {
    "order_handovers": {
        "outcome": "outcome IN ('done', 'void')",
        "ended": "(ended_at IS NULL) = (outcome IS NULL)",
        "done": "outcome <> 'done' OR accepted_at IS NOT NULL AND approved_at IS NOT NULL",
        "approved": "(approved_at IS NULL) = (approved_by IS NULL)",
    },
    "order_ratings": {
        "score": "score BETWEEN 1 AND 5",
        "edited_in_time": "edited_at <= closes_at",
        "hidden": "(hidden_at IS NULL) = (hidden_by IS NULL)",
    },
}


def upgrade() -> None:
    op.create_table(
        "order_handovers",
        sa.Column("id", sa.Uuid, nullable=False),
        inside("order_handovers", "group_order_id", "group_orders"),
        link("order_handovers", "giver_id"),
        link("order_handovers", "receiver_id"),
        link("order_handovers", "asked_by"),
        sa.Column("reason", sa.Text),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT),
        link("order_handovers", "approved_by", nullable=True),
        sa.Column("approved_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.String(20)),
        *checks("order_handovers"),
        sa.PrimaryKeyConstraint("id", name="pk_order_handovers"),
    )
    op.create_index(
        "ix_order_handovers_group_order_id", "order_handovers", ["group_order_id", "id"]
    )
    op.create_index(
        "uq_order_handovers_pending",
        "order_handovers",
        ["group_order_id"],
        unique=True,
        postgresql_where=PENDING,
        sqlite_where=PENDING,
    )
    op.create_table(
        "order_handover_votes",
        inside("order_handover_votes", "handover_id", "order_handovers"),
        link("order_handover_votes", "member_id"),
        sa.Column("agreed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("handover_id", "member_id", name="pk_order_handover_votes"),
    )
    op.create_index("ix_order_handover_votes_member_id", "order_handover_votes", ["member_id"])
    op.create_table(
        "order_ratings",
        sa.Column("id", sa.Uuid, nullable=False),
        inside("order_ratings", "group_order_id", "group_orders"),
        link("order_ratings", "rater_id"),
        link("order_ratings", "ratee_id"),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("rated_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("revealed_at", INSTANT),
        sa.Column("reply", sa.Text),
        sa.Column("replied_at", INSTANT),
        link("order_ratings", "hidden_by", nullable=True),
        sa.Column("hidden_at", INSTANT),
        sa.Column("hidden_because", sa.Text),
        *checks("order_ratings"),
        sa.PrimaryKeyConstraint("id", name="pk_order_ratings"),
    )
    op.create_index(
        "uq_order_ratings_group_order_id",
        "order_ratings",
        ["group_order_id", "rater_id", "ratee_id"],
        unique=True,
    )
    op.create_index("ix_order_ratings_ratee_id", "order_ratings", ["ratee_id", "id"])


def downgrade() -> None:
    for table in ("order_ratings", "order_handover_votes", "order_handovers"):
        op.drop_table(table)


def checks(table: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in CONDITIONS[table].items()
    ]


def link(table: str, column: str, *, nullable: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey("users.id", name=f"fkx_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def inside(table: str, column: str, to: str) -> sa.Column[object]:
    key = sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=False)
