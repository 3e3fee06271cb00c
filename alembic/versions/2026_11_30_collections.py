"""Snapshots of cards by day, in months on PostgreSQL; conditions of groups; jobs that take them."""

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
OF_JOBS = {
    "kind": "kind IN ('snapshot', 'conditions')",
    "state": "state IN ('ready', 'running', 'done', 'failed')",
    "leased": "(state = 'running') = (leased_until IS NOT NULL)",
    "watermark": "state <> 'done' OR watermark IS NOT NULL",
}
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
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
        sa.Column("behind_event", sa.BigInteger),
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
        *(sa.Column(name, sa.Integer, nullable=name == "median_wait_h") for name in FIGURES),
        sa.PrimaryKeyConstraint("day", "card_id", name="pk_card_snapshots"),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("ix_card_snapshots_card_id", "card_snapshots", ["card_id", "day"])
    if op.get_context().dialect.name == "postgresql":
        for function in (MAKE, DROP):
            op.execute(function.strip())
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
    for name in ("market_conditions", "card_snapshots", "collection_jobs"):
        op.drop_table(name)
    if op.get_context().dialect.name == "postgresql":
        for verb in ("make", "drop"):
            op.execute(f"DROP FUNCTION {verb}_card_snapshots_month(date)")
