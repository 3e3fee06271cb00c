"""Snapshots by month on PostgreSQL; conditions of groups by day; windows that are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

MAKE = """
CREATE FUNCTION make_card_snapshots_month(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    begins date := date_trunc('month', day);
    ends date := begins + interval '1 month';
    part text := 'card_snapshots_' || to_char(begins, 'YYYY_MM');
BEGIN
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE public.card_snapshots IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.card_snapshots INCLUDING ALL,'
        ' CONSTRAINT within CHECK (day >= %L AND day < %L))', part, begins, ends);
    EXECUTE format('ALTER TABLE public.card_snapshots ATTACH PARTITION public.%I'
        ' FOR VALUES FROM (%L) TO (%L)', part, begins, ends);
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT within', part);
    RETURN true;
END $$
"""
DROP = """
CREATE FUNCTION drop_card_snapshots_month(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    part text := 'card_snapshots_' || to_char(day, 'YYYY_MM');
    has_rows boolean;
BEGIN
    IF to_regclass('public.' || part) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', part) INTO has_rows;
    IF has_rows THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', part);
    RETURN true;
END $$
"""
FIGURES = (
    *("copies", "holders", "listed", "listers", "free", "free_holders", "wanted"),
    *("wanters", "proposals", "proposers", "completions", "completers"),
    *("median_wait_h", "waiters"),
)
COLUMNS = ", ".join(("day", "card_id", *FIGURES))
KINDS = {"0042": "kind IN ('snapshot')", "0044": "kind IN ('snapshot', 'conditions')"}


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        moved(postgresql_partition_by="RANGE (day)")
    op.create_index("ix_card_snapshots_card_id", "card_snapshots", ["card_id", "day"])
    with op.batch_alter_table("collection_jobs") as jobs:
        jobs.drop_constraint(op.f("ck_collection_jobs_kind"), type_="check")
        jobs.create_check_constraint(op.f("ck_collection_jobs_kind"), KINDS["0044"])
        jobs.add_column(sa.Column("behind_event", sa.BigInteger))
    op.create_table(
        "market_conditions",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("group_id", sa.Uuid, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in (
                *("free", "free_holders", "wanted", "wanters"),
                *("completions_7d", "completers_7d"),
            )
        ),
        sa.Column("liquidity_permille", sa.Integer),
        sa.Column("pressure_permille", sa.Integer),
        sa.Column("regime", sa.String(20)),
        sa.Column("comeback", sa.Boolean, nullable=False),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.CheckConstraint(
            "regime IN ('hot', 'balanced', 'cold')", name=op.f("ck_market_conditions_regime")
        ),
        sa.PrimaryKeyConstraint("day", "group_id", name="pk_market_conditions"),
    )
    op.create_index("ix_market_conditions_group_id", "market_conditions", ["group_id", "day"])


def downgrade() -> None:
    op.drop_table("market_conditions")
    op.execute("DELETE FROM collection_jobs WHERE kind = 'conditions'")
    with op.batch_alter_table("collection_jobs") as jobs:
        jobs.drop_column("behind_event")
        jobs.drop_constraint(op.f("ck_collection_jobs_kind"), type_="check")
        jobs.create_check_constraint(op.f("ck_collection_jobs_kind"), KINDS["0042"])
    op.drop_index("ix_card_snapshots_card_id", "card_snapshots")
    if op.get_context().dialect.name == "postgresql":
        moved()
        for verb in ("make", "drop"):
            op.execute(f"DROP FUNCTION {verb}_card_snapshots_month(date)")


def moved(**options: str) -> None:
    """Make the table anew, in months or in one, and take all rows over."""
    op.execute("ALTER TABLE card_snapshots RENAME TO card_snapshots_before")
    op.execute("ALTER TABLE card_snapshots_before RENAME CONSTRAINT pk_card_snapshots TO pk_before")
    op.create_table(
        "card_snapshots",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=name == "median_wait_h") for name in FIGURES),
        sa.PrimaryKeyConstraint("day", "card_id", name="pk_card_snapshots"),
        **options,
    )
    if options:
        op.execute(MAKE.strip())
        op.execute(DROP.strip())
        op.execute(
            "SELECT make_card_snapshots_month(day)"
            " FROM (SELECT DISTINCT day FROM card_snapshots_before) AS days"
        )
    op.execute(
        f"INSERT INTO card_snapshots ({COLUMNS}) SELECT {COLUMNS} FROM card_snapshots_before"  # noqa: S608
    )
    op.drop_table("card_snapshots_before")
