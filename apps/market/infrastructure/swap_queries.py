"""Swaps that count for the index, by the cards that were given."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select

from apps.catalogue.contract import CardId
from apps.market.application.generations import GenerationState
from apps.market.application.show_swap_index import Swaps
from apps.market.domain.fold import Swap
from apps.market.infrastructure.models import MarketGenerationModel, MarketSwapModel
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ROW, GENERATION = MarketSwapModel, MarketGenerationModel
LIVE = select(GENERATION.id).where(GENERATION.state == GenerationState.LIVE).scalar_subquery()
MOST = 5_000
"""Swaps of a card that are looked at, the newest ones."""


def among(name: str) -> BindParameter[Any]:
    """Stand for several cards."""
    return bindparam(name, expanding=True)


@cache
def swaps(*, against: bool) -> Question:
    """Build the question, narrowed or not."""
    first, second = ROW.first_card_id, ROW.second_card_id
    sides = (
        [
            first.in_(among("cards")) & second.in_(among("others")),
            second.in_(among("cards")) & first.in_(among("others")),
        ]
        if against
        else [first.in_(among("cards")), second.in_(among("cards"))]
    )
    return Question(
        select(*(ROW.__table__.columns[name] for name in COLUMNS))
        .where(ROW.generation == LIVE, or_(*sides), ROW.at >= bindparam("since"))
        .order_by(ROW.event.desc())
        .limit(MOST)
    )


COLUMNS = (
    *("event", "trade_id", "first_id", "second_id"),
    *("first_card_id", "first_count", "second_card_id", "second_count", "at"),
)


class SqlSwaps(Swaps):
    """Two ranges of indexes, one for each side."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def of(
        self, cards: Collection[CardId], *, against: Collection[CardId], since: datetime
    ) -> Sequence[Swap]:
        """Read them, newest first."""
        given = {"others": sorted(against)} if against else {}
        question = swaps(against=bool(against))
        rows = await self._reads(question, cards=sorted(cards), since=since, **given)
        return [
            Swap(
                ordinal=row.event,
                trade=row.trade_id,
                first=row.first_id,
                second=row.second_id,
                first_card=row.first_card_id,
                first_count=row.first_count,
                second_card=row.second_card_id,
                second_count=row.second_count,
                at=row.at,
            )
            for row in rows
        ]
