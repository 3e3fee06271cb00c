"""Rounds of group orders, their slots, what was claimed of them and to whom they were allocated."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

INSTANT = sa.DateTime(timezone=True)
OPEN = "state = 'open'"
LIVE = "ended_at IS NULL"
OFFERED = "offered_to IS NOT NULL AND ended_at IS NULL"
THING = "(card_id IS NULL) <> (item IS NULL)"
ROUND_CONDITIONS = {
    "state": "state IN ('planned', 'open', 'closed', 'allocated', 'settled', 'cancelled')",
    "policy": "policy IN ('first_come', 'priority', 'set_complete', 'lottery')",
    "opened": "state IN ('planned', 'cancelled') OR opened_at IS NOT NULL",
    "closed": "state IN ('planned', 'open', 'cancelled') OR closed_at IS NOT NULL",
    "allocated": "state NOT IN ('allocated', 'settled') OR allocated_at IS NOT NULL",
    "draw": (
        "policy = 'lottery' AND (seed IS NULL) = (opened_at IS NULL)"
        " AND (seed_commitment IS NULL) = (opened_at IS NULL)"
        " AND (input IS NULL) = (closed_at IS NULL)"
        " AND (claims_digest IS NULL) = (closed_at IS NULL)"
        " AND (revealed_at IS NULL) = (allocated_at IS NULL)"
        " OR policy <> 'lottery' AND seed IS NULL AND seed_commitment IS NULL"
        " AND input IS NULL AND claims_digest IS NULL AND revealed_at IS NULL"
    ),
}
SLOT_CONDITIONS = {"thing": THING, "unit_price": "unit_price > 0", "number": "number > 0"}
CLAIM_CONDITIONS = {
    "state": "state IN ('submitted', 'allocated', 'waitlisted', 'refused', 'withdrawn')",
    "thing": THING,
    "quantity": "quantity > 0 AND rank > 0",
    "granted": (
        "granted >= 0"
        " AND (state <> 'allocated' OR granted = quantity)"
        " AND (state <> 'waitlisted' OR granted < quantity)"
        " AND (state IN ('allocated', 'waitlisted') OR granted = 0)"
    ),
    "ended": "(state IN ('refused', 'withdrawn')) = (ended_at IS NOT NULL)",
}
ALLOCATION_CONDITIONS = {
    "unit_price": "unit_price > 0",
    "end_reason": (
        "end_reason IN"
        " ('withdrawn', 'transferred', 'reclaimed', 'released', 'cancelled', 'refuted')"
    ),
    "ended": "(ended_at IS NULL) = (end_reason IS NULL)",
    "offered": "(offered_to IS NULL) = (offered_at IS NULL)",
    "receiver": "offered_to <> member_id",
    "disputed": "(disputed_at IS NULL) = (dispute_kind IS NULL)",
    "decided": "(decided_at IS NULL) = (decision IS NULL)",
}


def upgrade() -> None:
    rounds()
    slots()
    claims()
    allocations()


def downgrade() -> None:
    for table in ("order_allocations", "order_claims", "order_slots", "order_rounds"):
        op.drop_table(table)


def rounds() -> None:
    op.create_table(
        "order_rounds",
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", "order_rounds", "group_order_id", "group_orders"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("policy", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("seed_commitment", sa.String(64)),
        sa.Column("seed", sa.String(64)),
        sa.Column("input", sa.Text),
        sa.Column("claims_digest", sa.String(64)),
        sa.Column("revealed_at", INSTANT),
        sa.Column("opened_at", INSTANT),
        sa.Column("closed_at", INSTANT),
        sa.Column("allocated_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *checks("order_rounds", ROUND_CONDITIONS),
        sa.PrimaryKeyConstraint("id", name="pk_order_rounds"),
    )
    unique("order_rounds", "number", "group_order_id", "number")
    unique("order_rounds", "order", "id", "group_order_id")
    partial("ix_order_rounds_closes_at", "order_rounds", "closes_at", where=OPEN)


def slots() -> None:
    op.create_table(
        "order_slots",
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", "order_slots", "round_id", "order_rounds"),
        sa.Column("number", sa.Integer, nullable=False),
        link("fkx", "order_slots", "card_id", "cards", nullable=True),
        sa.Column("item", sa.String(120)),
        sa.Column("unit_price", sa.BigInteger, nullable=False),
        sa.Column("set_number", sa.Integer),
        *checks("order_slots", SLOT_CONDITIONS),
        sa.PrimaryKeyConstraint("id", name="pk_order_slots"),
    )
    unique("order_slots", "number", "round_id", "number")
    unique("order_slots", "round", "id", "round_id")
    op.create_index("ix_order_slots_card_id", "order_slots", ["card_id"])


def claims() -> None:
    op.create_table(
        "order_claims",
        sa.Column("id", sa.Uuid, nullable=False),
        link("fk", "order_claims", "round_id", "order_rounds"),
        link("fkx", "order_claims", "member_id", "users"),
        sa.Column("sequence", sa.Integer, nullable=False),
        link("fkx", "order_claims", "card_id", "cards", nullable=True),
        sa.Column("item", sa.String(120)),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer),
        sa.Column("granted", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        *checks("order_claims", CLAIM_CONDITIONS),
        sa.PrimaryKeyConstraint("id", name="pk_order_claims"),
    )
    unique("order_claims", "sequence", "round_id", "sequence")
    unique("order_claims", "round", "id", "round_id", "member_id")
    op.create_index("ix_order_claims_member_id", "order_claims", ["member_id", "round_id"])
    op.create_index("ix_order_claims_card_id", "order_claims", ["card_id"])


def allocations() -> None:
    table = "order_allocations"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("slot_id", sa.Uuid, nullable=False),
        sa.Column("round_id", sa.Uuid, nullable=False),
        link("fk", table, "group_order_id", "group_orders"),
        sa.Column("claim_id", sa.Uuid, nullable=False),
        link("fkx", table, "member_id", "users"),
        link("fkx", table, "copy_id", "copies", nullable=True),
        sa.Column("unit_price", sa.BigInteger, nullable=False),
        sa.Column("allocated_at", INSTANT, nullable=False),
        link("fkx", table, "offered_to", "users", nullable=True),
        sa.Column("offered_at", INSTANT),
        sa.Column("shipped_at", INSTANT),
        sa.Column("carrier", sa.String(40)),
        sa.Column("tracking_number", sa.String(40)),
        sa.Column("delivered_at", INSTANT),
        sa.Column("confirmed_at", INSTANT),
        sa.Column("disputed_at", INSTANT),
        sa.Column("dispute_kind", sa.String(40)),
        sa.Column("dispute_text", sa.Text),
        sa.Column("decided_at", INSTANT),
        link("fkx", table, "decided_by", "users", nullable=True),
        sa.Column("decision", sa.String(20)),
        sa.Column("decision_reason", sa.Text),
        sa.Column("ended_at", INSTANT),
        sa.Column("end_reason", sa.String(20)),
        *checks(table, ALLOCATION_CONDITIONS),
        inside(table, "order_slots", slot_id="id", round_id="round_id"),
        inside(table, "order_rounds", round_id="id", group_order_id="group_order_id"),
        inside(table, "order_claims", claim_id="id", round_id="round_id", member_id="member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_order_allocations"),
    )
    partial("uq_order_allocations_live", table, "slot_id", where=LIVE, unique=True)
    unique(table, "copy_id", "copy_id")
    unique(table, "order", "id", "group_order_id")
    for name, *columns in (
        ("slot_id", "slot_id", "round_id"),
        ("round_id", "round_id", "group_order_id"),
        ("claim_id", "claim_id", "round_id", "member_id"),
        ("group_order_id", "group_order_id", "id"),
        ("member_id", "member_id", "group_order_id"),
    ):
        op.create_index(f"ix_{table}_{name}", table, columns)
    partial("ix_order_allocations_offered_to", table, "offered_to", where=OFFERED)


def link(
    kind: str, table: str, column: str, to: str, *, nullable: bool = False
) -> sa.Column[object]:
    key = sa.ForeignKey(f"{to}.id", name=f"{kind}_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def inside(table: str, to: str, **columns: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        list(columns),
        [f"{to}.{column}" for column in columns.values()],
        name=f"fk_{table}_{'_'.join(columns)}",
    )


def checks(table: str, conditions: Mapping[str, str]) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in conditions.items()
    ]


def unique(table: str, name: str, *columns: str) -> None:
    op.create_index(f"uq_{table}_{name}", table, columns, unique=True)


def partial(name: str, table: str, column: str, *, where: str, unique: bool = False) -> None:
    op.create_index(
        name,
        table,
        [column],
        unique=unique,
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
    )
