"""Matching rounds, who takes part in them, their runs and the rings that those have found."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

INSTANT = sa.DateTime(timezone=True)
CONDITIONS = {
    "max_length": "max_length BETWEEN 2 AND 4",
    "state": "state IN ('open', 'closed', 'solving', 'published', 'settled')",
    "closed": (
        "(state = 'open') = (closed_at IS NULL)"
        " AND (closed_at IS NULL) = (seed IS NULL)"
        " AND (closed_at IS NULL) = (closed_by IS NULL)"
        " AND (closed_at IS NULL) = (generation = 0)"
    ),
    "settled": "(state = 'settled') = (settled_at IS NOT NULL)",
}
OF_RUNS = {
    "generation": "generation >= 1",
    "solved": (
        "(solved_at IS NULL) = (result_digest IS NULL)"
        " AND (solved_at IS NULL) = (bound IS NULL)"
        " AND (solved_at IS NULL) = (milliseconds IS NULL)"
        " AND (solved_at IS NULL) = (acceptance_permille IS NULL)"
    ),
    "acceptance": "acceptance_permille BETWEEN 0 AND 1000",
}
OF_RINGS = {
    "length": "length BETWEEN 2 AND 4",
    "state": "state IN ('planned', 'proposed', 'accepted', 'completed', 'dissolved', 'broken')",
    "proposed": "trade_id IS NOT NULL OR state IN ('planned', 'dissolved')",
    "planned": "trade_id IS NULL OR state <> 'planned'",
    "reason": "(state IN ('dissolved', 'broken')) = (reason IS NOT NULL)",
}


def upgrade() -> None:
    op.create_table(
        "matching_rounds",
        sa.Column("id", sa.Uuid, nullable=False),
        user("matching_rounds", "opener_id"),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("region", sa.String(6)),
        sa.Column("max_length", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("seed", sa.BigInteger),
        user("matching_rounds", "closed_by", nullable=True),
        sa.Column("operation_id", sa.Uuid),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.Column("settled_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *checks("matching_rounds", CONDITIONS),
        sa.PrimaryKeyConstraint("id", name="pk_matching_rounds"),
    )
    op.create_index("ix_matching_rounds_state", "matching_rounds", ["state", "id"])
    op.create_index("ix_matching_rounds_region", "matching_rounds", ["region", "id"])
    op.create_index("ix_matching_rounds_opener_id", "matching_rounds", ["opener_id", "state"])
    op.create_index(
        "ix_matching_rounds_closes_at",
        "matching_rounds",
        ["closes_at"],
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "matching_entries",
        key("matching_entries", "round_id", "matching_rounds"),
        user("matching_entries", "member_id"),
        sa.Column("copy_ids", sa.JSON),
        sa.Column("want_group_ids", sa.JSON),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("round_id", "member_id", name="pk_matching_entries"),
    )
    op.create_index("ix_matching_entries_member_id", "matching_entries", ["member_id", "round_id"])
    op.create_table(
        "matching_runs",
        sa.Column("id", sa.Uuid, nullable=False),
        key("matching_runs", "round_id", "matching_rounds"),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("strategy", sa.String(40), nullable=False),
        sa.Column("strategy_version", sa.Integer, nullable=False),
        sa.Column("max_length", sa.Integer, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("watermark_tx", sa.BigInteger, nullable=False),
        sa.Column("watermark_position", sa.BigInteger, nullable=False),
        sa.Column("input", sa.LargeBinary, nullable=False),
        sa.Column("input_digest", sa.String(64), nullable=False),
        sa.Column("members", sa.Integer, nullable=False),
        sa.Column("offers", sa.Integer, nullable=False),
        sa.Column("wishes", sa.Integer, nullable=False),
        sa.Column("frozen_at", INSTANT, nullable=False),
        sa.Column("result_digest", sa.String(64)),
        sa.Column("bound", sa.Integer),
        sa.Column("milliseconds", sa.Integer),
        sa.Column("acceptance_permille", sa.Integer),
        sa.Column("solved_at", INSTANT),
        *checks("matching_runs", OF_RUNS),
        sa.PrimaryKeyConstraint("id", name="pk_matching_runs"),
    )
    op.create_index(
        "uq_matching_runs_generation", "matching_runs", ["round_id", "generation"], unique=True
    )
    op.create_table(
        "matching_rings",
        sa.Column("id", sa.Uuid, nullable=False),
        key("matching_rings", "run_id", "matching_runs"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("cards", sa.Integer, nullable=False),
        sa.Column("legs", sa.JSON, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20)),
        user("matching_rings", "refused_by", nullable=True),
        sa.Column(
            "trade_id", sa.Uuid, sa.ForeignKey("trades.id", name="fkx_matching_rings_trade_id")
        ),
        sa.Column("updated_at", INSTANT, nullable=False),
        *checks("matching_rings", OF_RINGS),
        sa.PrimaryKeyConstraint("id", name="pk_matching_rings"),
    )
    op.create_index(
        "uq_matching_rings_position", "matching_rings", ["run_id", "position"], unique=True
    )
    op.create_index("uq_matching_rings_trade_id", "matching_rings", ["trade_id"], unique=True)
    op.create_table(
        "matching_ring_members",
        key("matching_ring_members", "ring_id", "matching_rings"),
        user("matching_ring_members", "member_id"),
        sa.Column("consented", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("ring_id", "member_id", name="pk_matching_ring_members"),
    )
    op.create_index(
        "ix_matching_ring_members_member_id", "matching_ring_members", ["member_id", "ring_id"]
    )


def downgrade() -> None:
    for table in ("ring_members", "rings", "runs", "entries", "rounds"):
        op.drop_table(f"matching_{table}")


def user(table: str, column: str, *, nullable: bool = False) -> sa.Column[object]:
    to = sa.ForeignKey("users.id", name=f"fkx_{table}_{column}")
    return sa.Column(column, sa.Uuid, to, nullable=nullable)


def key(table: str, column: str, of: str) -> sa.Column[object]:
    to = sa.ForeignKey(f"{of}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, to, nullable=False)


def checks(table: str, conditions: dict[str, str]) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in conditions.items()
    ]
