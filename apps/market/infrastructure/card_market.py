"""What there is of each card now, as rows that are made anew all the while."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from apps.catalogue.contract import CardId
from apps.shared.application.work import ChangedMeanwhile
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.materialized import materialized

FIGURES = """, movers AS (
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
)"""
"""What is summed up of each card: of what is held, wished and moved, CTEs of the same columns."""

PRESENT = """
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
)"""
SUMS = """
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
NOW = PRESENT + FIGURES + SUMS
"""How card_market follows from what the live reading knows; both databases read it alike."""


class MarketRefreshModel(Model):
    """When card_market was made anew; there is one row at most, number 1.

    Kept beside the figures and not in each of their rows: or all rows would change each time.
    """

    __tablename__ = "market_refreshes"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    watermark: Mapped[int] = mapped_column(BigInteger)
    """All events up to this one are in the figures."""
    since_event: Mapped[int] = mapped_column(BigInteger)
    """The first event of the thirty days."""
    refreshed_at: Mapped[datetime]


class CardMarketModel(Model):
    """Figures of a card, each beside how many members stand behind it.

    A card that nobody has, wants or swaps has no row. No column says NOT NULL, for no materialized
    view does; none is ever null.
    """

    __tablename__ = "card_market"
    __table_args__ = (Index("uq_card_market_card_id", "card_id", unique=True),)
    __mapper_args__ = {"primary_key": ["card_id"]}

    card_id: Mapped[CardId] = mapped_column(Uuid(), nullable=True)
    copies: Mapped[int] = mapped_column(nullable=True)
    holders: Mapped[int] = mapped_column(nullable=True)
    listed: Mapped[int] = mapped_column(nullable=True)
    listers: Mapped[int] = mapped_column(nullable=True)
    free: Mapped[int] = mapped_column(nullable=True)
    free_holders: Mapped[int] = mapped_column(nullable=True)
    wanted: Mapped[int] = mapped_column(nullable=True)
    wanters: Mapped[int] = mapped_column(nullable=True)
    proposals_30d: Mapped[int] = mapped_column(nullable=True)
    proposers_30d: Mapped[int] = mapped_column(nullable=True)
    completions_30d: Mapped[int] = mapped_column(nullable=True)
    completers_30d: Mapped[int] = mapped_column(nullable=True)


materialized(Model.metadata.tables[CardMarketModel.__tablename__], NOW)
REFUSALS |= dict.fromkeys(("uq_card_market_card_id", "card_market.card_id"), ChangedMeanwhile)
