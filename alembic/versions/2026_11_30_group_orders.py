"""Group orders, their rules, their joiners and their tags."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

INSTANT = sa.DateTime(timezone=True)
CONDITIONS = {
    "state": (
        "state IN ('draft', 'open', 'locked', 'ordered', 'in_transit', 'arrived',"
        " 'distributing', 'closed', 'cancelled', 'failed')"
    ),
    "seller_type": "seller_type IN ('shop', 'fan_account', 'event')",
    "min_trust_level": "min_trust_level BETWEEN 0 AND 3",
    "organisers": "organiser_id <> co_organiser_id",
    "ended": "(state IN ('closed', 'cancelled', 'failed')) = (ended_at IS NOT NULL)",
    "opened": "opened_at IS NOT NULL OR state IN ('draft', 'cancelled')",
}
APPEND_ONLY = {
    "postgresql": [
        """CREATE TRIGGER tr_order_rules_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON order_rules
        EXECUTE FUNCTION refuse_change()"""
    ],
    "sqlite": [
        f"CREATE TRIGGER tr_order_rules_append_only_{verb} BEFORE {verb} ON order_rules BEGIN"
        " SELECT RAISE(ABORT, 'append-only constraint failed: tr_order_rules_append_only'); END"
        for verb in ("update", "delete")
    ],
}


def upgrade() -> None:
    op.create_table(
        "group_orders",
        sa.Column("id", sa.Uuid, nullable=False),
        link("group_orders", "organiser_id", "users"),
        link("group_orders", "co_organiser_id", "users", nullable=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("description", sa.Text),
        link("group_orders", "group_id", "groups"),
        link("group_orders", "release_id", "releases", nullable=True),
        sa.Column("seller_type", sa.String(20), nullable=False),
        sa.Column("seller_name", sa.String(120)),
        sa.Column("destination", sa.String(2), nullable=False),
        sa.Column("ways", sa.JSON, nullable=False),
        sa.Column("currency", sa.String(20), nullable=False),
        sa.Column("min_trust_level", sa.Integer, nullable=False),
        sa.Column("payment_details", sa.Text),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("stalled_at", INSTANT),
        sa.Column("opened_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("end_reason", sa.Text),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_group_orders_{name}"))
            for name, condition in CONDITIONS.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_group_orders"),
    )
    for name, columns in {
        "ix_group_orders_state": ["state", "id"],
        "ix_group_orders_organiser_id": ["organiser_id", "state"],
        "ix_group_orders_co_organiser_id": ["co_organiser_id"],
        "ix_group_orders_group_id": ["group_id", "id"],
    }.items():
        op.create_index(name, "group_orders", columns)
    op.create_index("uq_group_orders_currency", "group_orders", ["id", "currency"], unique=True)
    op.create_table(
        "order_rules",
        inside("order_rules", "group_order_id", "group_orders"),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("late_fee", sa.BigInteger),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("group_order_id", "version", name="pk_order_rules"),
    )
    for trigger in APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(trigger)
    op.create_table(
        "order_joiners",
        inside("order_joiners", "group_order_id", "group_orders"),
        link("order_joiners", "member_id", "users"),
        sa.Column("rules_version", sa.Integer, nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("group_order_id", "member_id", name="pk_order_joiners"),
    )
    op.create_index("ix_order_joiners_member_id", "order_joiners", ["member_id", "group_order_id"])
    op.create_index("uq_order_joiners_reference", "order_joiners", ["reference"], unique=True)
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("label", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
    )
    op.create_index("uq_tags_name", "tags", ["name"], unique=True)
    op.create_table(
        "group_order_tags",
        inside("group_order_tags", "group_order_id", "group_orders"),
        inside("group_order_tags", "tag_id", "tags"),
        sa.PrimaryKeyConstraint("group_order_id", "tag_id", name="pk_group_order_tags"),
    )
    op.create_index("ix_group_order_tags_tag_id", "group_order_tags", ["tag_id", "group_order_id"])


def downgrade() -> None:
    for table in ("group_order_tags", "tags", "order_joiners", "order_rules", "group_orders"):
        op.drop_table(table)


def link(table: str, column: str, to: str, *, nullable: bool = False) -> sa.Column[object]:
    key = sa.ForeignKey(f"{to}.id", name=f"fkx_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def inside(table: str, column: str, to: str) -> sa.Column[object]:
    key = sa.ForeignKey(f"{to}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=False)
