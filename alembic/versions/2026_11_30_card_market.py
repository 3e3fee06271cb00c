"""What there is of each card now."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

NOW = """
WITH RECURSIVE live AS (
    SELECT g.id, r.since_event
    FROM market_generations g LEFT JOIN market_refreshes r ON r.id = 1 WHERE g.state = 'live'
), standing (card_id, into_id) AS (
    SELECT card_id, into_id FROM market_merges WHERE generation = (SELECT id FROM live)
    UNION ALL
    SELECT s.card_id, m.into_id FROM standing s JOIN market_merges m
    ON m.card_id = s.into_id WHERE m.generation = (SELECT id FROM live)
), surviving AS (
    SELECT card_id, into_id FROM standing s
    WHERE NOT EXISTS (SELECT 1 FROM standing t WHERE t.card_id = s.into_id)
), held AS (
    SELECT card_id, owner_id, count(*) AS copies,
        count(*) FILTER (WHERE listed) AS listed,
        count(*) FILTER (WHERE listed AND agreement_id IS NULL) AS free
    FROM market_copies
    WHERE generation = (SELECT id FROM live) AND until_event IS NULL
    GROUP BY card_id, owner_id
), wished AS (
    SELECT card_id, member_id, sum(slots) AS slots
    FROM market_wants
    WHERE generation = (SELECT id FROM live) AND until_event IS NULL
    GROUP BY card_id, member_id
), moved AS (
    SELECT coalesce(m.into_id, v.card_id) AS card_id, v.completed, v.agreement_id,
        v.giver_id, v.receiver_id
    FROM market_moves v LEFT JOIN surviving m ON m.card_id = v.card_id
    WHERE v.generation = (SELECT id FROM live) AND v.event >= (SELECT since_event FROM live)
), movers AS (
    SELECT card_id, completed, giver_id AS member_id FROM moved
    UNION SELECT card_id, completed, receiver_id FROM moved
), figures AS (
    SELECT card_id, sum(copies) AS copies, count(*) AS holders, sum(listed) AS listed,
        count(*) FILTER (WHERE listed > 0) AS listers, sum(free) AS free,
        count(*) FILTER (WHERE free > 0) AS free_holders, 0 AS wanted, 0 AS wanters,
        0 AS proposals, 0 AS proposers, 0 AS completions, 0 AS completers
    FROM held GROUP BY card_id
    UNION ALL
    SELECT card_id, 0, 0, 0, 0, 0, 0, sum(slots), count(*), 0, 0, 0, 0
    FROM wished GROUP BY card_id
    UNION ALL
    SELECT card_id, 0, 0, 0, 0, 0, 0, 0, 0,
        count(DISTINCT CASE WHEN NOT completed THEN agreement_id END), 0,
        count(*) FILTER (WHERE completed), 0
    FROM moved GROUP BY card_id
    UNION ALL
    SELECT card_id, 0, 0, 0, 0, 0, 0, 0, 0,
        0, count(*) FILTER (WHERE NOT completed), 0, count(*) FILTER (WHERE completed)
    FROM movers GROUP BY card_id
)
SELECT card_id, CAST(sum(copies) AS integer) AS copies, CAST(sum(holders) AS integer) AS holders,
    CAST(sum(listed) AS integer) AS listed, CAST(sum(listers) AS integer) AS listers,
    CAST(sum(free) AS integer) AS free, CAST(sum(free_holders) AS integer) AS free_holders,
    CAST(sum(wanted) AS integer) AS wanted, CAST(sum(wanters) AS integer) AS wanters,
    CAST(sum(proposals) AS integer) AS proposals_30d,
    CAST(sum(proposers) AS integer) AS proposers_30d,
    CAST(sum(completions) AS integer) AS completions_30d,
    CAST(sum(completers) AS integer) AS completers_30d
FROM figures GROUP BY card_id
"""
FUNCTION = """
CREATE FUNCTION refresh_card_market() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY public.card_market;
END $$
"""
FIGURES = (
    *("copies", "holders", "listed", "listers", "free", "free_holders", "wanted", "wanters"),
    *("proposals_30d", "proposers_30d", "completions_30d", "completers_30d"),
)


def upgrade() -> None:
    op.create_table(
        "market_refreshes",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("since_event", sa.BigInteger, nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_market_refreshes"),
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(FUNCTION.strip())
        op.execute(f"CREATE MATERIALIZED VIEW card_market AS\n{NOW.strip()}")
    else:
        op.create_table(
            "card_market",
            sa.Column("card_id", sa.Uuid),
            *(sa.Column(name, sa.Integer) for name in FIGURES),
        )
    op.create_index("uq_card_market_card_id", "card_market", ["card_id"], unique=True)


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP MATERIALIZED VIEW card_market")
        op.execute("DROP FUNCTION refresh_card_market()")
    else:
        op.drop_table("card_market")
    op.drop_table("market_refreshes")
