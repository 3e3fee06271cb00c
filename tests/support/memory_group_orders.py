"""Group orders and their rounds in memory."""

from collections.abc import Sequence
from datetime import datetime

from apps.group_orders.domain.order import GroupOrder, GroupOrderNotFound, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import (
    OrderRound,
    OrderRoundNotFound,
    OrderRoundRepository,
)
from apps.group_orders.domain.order_steps import OrderState
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.domain.round_steps import OrderRoundState
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory, fresh

OVER = {OrderRoundState.SETTLED, OrderRoundState.CANCELLED}


class MemoryGroupOrders(Memory[GroupOrderId, GroupOrder], GroupOrderRepository):
    """Group orders."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, GroupOrderNotFound)

    async def lock(self, id: GroupOrderId) -> GroupOrder:
        self.diary.note("lock group order")
        return await self.get(id)

    async def count_drafts(self, *, of: MemberId) -> int:
        states = [each.state for each in self.kept.values() if each.organiser == of]
        return states.count(OrderState.DRAFT)

    async def count_live(self, *, of: MemberId) -> int:
        return sum(each.is_live for each in self.kept.values() if each.organiser == of)


class MemoryOrderRounds(Memory[OrderRoundId, OrderRound], OrderRoundRepository):
    """Order rounds."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, OrderRoundNotFound)

    async def lock(self, id: OrderRoundId) -> OrderRound:
        self.diary.note("lock order round")
        return await self.get(id)

    async def count(self, *, of: GroupOrderId) -> int:
        return len(self._of(of))

    async def has_open(self, order: GroupOrderId) -> bool:
        return any(each.state is OrderRoundState.OPEN for each in self._of(order))

    async def unfinished(self, *, of: GroupOrderId) -> Sequence[OrderRound]:
        self.diary.note("lock order rounds")
        found = [fresh(each) for each in self._of(of) if each.state not in OVER]
        return sorted(found, key=lambda each: each.number)

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[OrderRoundId]:
        due = [
            each
            for each in self.kept.values()
            if each.state is OrderRoundState.OPEN and each.closes_at <= at
        ]
        return [each.id for each in sorted(due, key=lambda each: (each.closes_at, each.id))][:limit]

    def _of(self, order: GroupOrderId) -> list[OrderRound]:
        return [each for each in self.kept.values() if each.order == order]
