"""What conditions of groups follow from, and where they are kept, in SQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from sqlalchemy import delete, exists, func, insert, select, union

from apps.catalogue.contract import CardId
from apps.market.application.collect import CollectionKind, CollectionState, Window
from apps.market.application.take_conditions import Condition, ConditionRecords
from apps.market.domain.conditions import Stock
from apps.market.infrastructure.models import MarketMoveModel
from apps.market.infrastructure.snapshot_models import (
    CardSnapshotModel,
    CollectionJobModel,
    MarketConditionModel,
)
from apps.market.infrastructure.snapshots import LIVE, survivors
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

CONDITION, JOB, SNAPSHOT = MarketConditionModel, CollectionJobModel, CardSnapshotModel
MOVE = MarketMoveModel


class SqlConditionRecords(ConditionRecords):
    """One statement for each question."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def window(self, since: date, until: date) -> Window | None:
        """Ask the jobs of the snapshots."""
        found = await self._current.session.execute(
            select(func.min(JOB.behind_event), func.max(JOB.watermark)).where(
                JOB.kind == CollectionKind.SNAPSHOT,
                JOB.state == CollectionState.DONE,
                JOB.day.between(since, until),
            )
        )
        behind, watermark = found.one()
        if behind is None or watermark is None:
            return None
        return Window(behind=behind, watermark=watermark)

    async def stocks(self, days: Sequence[date]) -> Mapping[date, Mapping[CardId, Stock]]:
        """Read snapshots, but for cards of which nothing is free and nothing wanted."""
        rows = await self._current.session.execute(
            select(
                SNAPSHOT.day,
                SNAPSHOT.card_id,
                SNAPSHOT.free,
                SNAPSHOT.free_holders,
                SNAPSHOT.wanted,
                SNAPSHOT.wanters,
            ).where(SNAPSHOT.day.in_(days), SNAPSHOT.free + SNAPSHOT.wanted > 0)
        )
        stocks: dict[date, dict[CardId, Stock]] = defaultdict(dict)
        for row in rows:
            stocks[row.day][row.card_id] = Stock(
                free=row.free,
                free_holders=row.free_holders,
                wanted=row.wanted,
                wanters=row.wanters,
            )
        return stocks

    async def has_all_of(self, days: Collection[date]) -> bool:
        """Look for a job that has taken rows of such a day, none of which is there."""
        taken = (JOB.kind == CollectionKind.SNAPSHOT) & (JOB.state == CollectionState.DONE)
        gone = select(JOB.day).where(
            taken,
            JOB.rows > 0,
            JOB.day.in_(sorted(days)),
            ~exists().where(SNAPSHOT.day == JOB.day),
        )
        return await self._current.session.scalar(gone.limit(1)) is None

    async def completions(self, since: date, until: date) -> Mapping[CardId, int]:
        """Add up snapshots."""
        rows = await self._current.session.execute(
            select(SNAPSHOT.card_id, func.sum(SNAPSHOT.completions))
            .where(SNAPSHOT.day.between(since, until), SNAPSHOT.completions > 0)
            .group_by(SNAPSHOT.card_id)
        )
        return {card: int(number) for card, number in rows}

    async def completers(self, window: Window) -> Iterable[tuple[CardId, MemberId]]:
        """Read moves of the live reading; a card that was merged by then is the surviving one."""
        session = self._current.session
        survivor = await survivors(session, LIVE, window)
        sides = [
            select(MOVE.card_id.label("card"), member.label("member")).where(
                MOVE.generation == LIVE,
                MOVE.event > window.behind,
                MOVE.event <= window.watermark,
                MOVE.completed,
            )
            for member in (MOVE.giver_id, MOVE.receiver_id)
        ]
        rows = await session.execute(union(*sides))
        return [(survivor(row.card), row.member) for row in rows]

    async def keep(self, day: date, watermark: int, conditions: Sequence[Condition]) -> None:
        """Delete, and insert."""
        session = self._current.session
        await session.execute(delete(CONDITION).where(CONDITION.day == day))
        if not conditions:
            return
        await session.execute(
            insert(CONDITION),
            [
                {
                    "day": day,
                    "group_id": each.group,
                    "free": each.stock.free,
                    "free_holders": each.stock.free_holders,
                    "wanted": each.stock.wanted,
                    "wanters": each.stock.wanters,
                    "completions_7d": each.completions,
                    "completers_7d": each.completers,
                    "liquidity_permille": each.liquidity,
                    "pressure_permille": each.stock.pressure,
                    "regime": each.regime,
                    "comeback": each.comeback,
                    "watermark": watermark,
                }
                for each in conditions
            ],
        )
