"""What the market reads of events."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"

INSTANT = sa.DateTime(timezone=True)
LASTING = sa.text("until_event IS NULL")
OF_JOBS = {
    "kind": "kind IN ('snapshot')",
    "state": "state IN ('ready', 'running', 'done', 'failed')",
    "leased": "(state = 'running') = (leased_until IS NOT NULL)",
    "watermark": "state <> 'done' OR watermark IS NOT NULL",
}


def upgrade() -> None:
    op.create_table(
        "market_generations",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("live_at", INSTANT),
        sa.Column("differences", sa.JSON(none_as_null=True)),
        sa.CheckConstraint(
            "state IN ('building', 'live', 'old')", name=op.f("ck_market_generations_state")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_market_generations"),
    )
    op.create_index(
        "uq_market_generations_reading",
        "market_generations",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state <> 'old'"),
        sqlite_where=sa.text("state <> 'old'"),
    )
    of_generation(
        "copies",
        ["copy_id", "since_event"],
        sa.Column("copy_id", sa.Uuid, nullable=False),
        sa.Column("since_event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_event", sa.BigInteger),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("agreement_id", sa.Uuid),
    )
    for each in ("card_id", "owner_id"):
        lasting("copies", each)
    of_generation(
        "wants",
        ["group_id", "card_id", "since_event"],
        sa.Column("group_id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("since_event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_event", sa.BigInteger),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("wanted_at", INSTANT, nullable=False),
    )
    for each in ("card_id", "member_id"):
        lasting("wants", each)
    of_generation(
        "moves",
        ["event", "position"],
        sa.Column("event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("giver_id", sa.Uuid, nullable=False),
        sa.Column("receiver_id", sa.Uuid, nullable=False),
        sa.Column("agreement_id", sa.Uuid, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("wanted_at", INSTANT),
    )
    for columns in (["card_id", "generation", "event"], ["giver_id", "generation"]):
        op.create_index(f"ix_market_moves_{columns[0]}", "market_moves", columns)
    op.create_index("ix_market_moves_receiver_id", "market_moves", ["receiver_id", "generation"])
    of_generation(
        "deals",
        ["trade_id"],
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("moves", sa.JSON, nullable=False),
        sa.Column("disputed", sa.Boolean, nullable=False),
    )
    of_generation(
        "swaps",
        ["trade_id"],
        sa.Column("trade_id", sa.Uuid, nullable=False),
        sa.Column("event", sa.BigInteger, nullable=False),
        sa.Column("first_id", sa.Uuid, nullable=False),
        sa.Column("second_id", sa.Uuid, nullable=False),
        sa.Column("first_card_id", sa.Uuid, nullable=False),
        sa.Column("first_count", sa.Integer, nullable=False),
        sa.Column("second_card_id", sa.Uuid, nullable=False),
        sa.Column("second_count", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    for side in ("first", "second"):
        op.create_index(
            f"ix_market_swaps_{side}_card_id",
            "market_swaps",
            [f"{side}_card_id", "generation", "event"],
        )
    of_generation(
        "levels",
        ["member_id"],
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("trust_level", sa.Integer, nullable=False),
    )
    of_generation(
        "merges",
        ["event"],
        sa.Column("event", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("into_id", sa.Uuid, nullable=False),
    )
    of_generation(
        "days",
        ["day"],
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("first_event", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "collection_jobs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("leased_until", INSTANT),
        sa.Column("rows", sa.Integer),
        sa.Column("watermark", sa.BigInteger),
        sa.Column("error", sa.Text),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT),
        *(
            sa.CheckConstraint(condition, name=op.f(f"ck_collection_jobs_{name}"))
            for name, condition in OF_JOBS.items()
        ),
        sa.PrimaryKeyConstraint("id", name="pk_collection_jobs"),
    )
    op.create_index(
        "uq_collection_jobs_window", "collection_jobs", ["kind", "scope", "day"], unique=True
    )
    op.create_index("ix_collection_jobs_state", "collection_jobs", ["state", "day"])
    op.create_table(
        "card_snapshots",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=name == "median_wait_h")
            for name in (
                *("copies", "holders", "listed", "listers", "free", "free_holders", "wanted"),
                *("wanters", "proposals", "proposers", "completions", "completers"),
                *("median_wait_h", "waiters"),
            )
        ),
        sa.PrimaryKeyConstraint("day", "card_id", name="pk_card_snapshots"),
    )


def downgrade() -> None:
    for name in ("card_snapshots", "collection_jobs"):
        op.drop_table(name)
    for name in (
        *("days", "merges", "levels", "swaps", "deals", "moves", "wants", "copies"),
        "generations",
    ):
        op.drop_table(f"market_{name}")


def of_generation(name: str, key: list[str], *columns: sa.Column[object]) -> None:
    first = [key[0]] if key[0].endswith("_id") else []
    op.create_table(
        f"market_{name}",
        *columns[: len(first)],
        sa.Column("generation", sa.Integer, autoincrement=False, nullable=False),
        *columns[len(first) :],
        sa.PrimaryKeyConstraint(*first, "generation", *key[len(first) :], name=f"pk_market_{name}"),
    )


def lasting(name: str, column: str) -> None:
    op.create_index(
        f"ix_market_{name}_{column}",
        f"market_{name}",
        [column, "generation"],
        postgresql_where=LASTING,
        sqlite_where=LASTING,
    )
