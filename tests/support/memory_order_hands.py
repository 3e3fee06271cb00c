"""Milestones, handovers and ratings of group orders in memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apps.group_orders.domain.handover import (
    Handover,
    HandoverId,
    HandoverNotFound,
    HandoverRepository,
)
from apps.group_orders.domain.milestone import (
    SILENT_FOR,
    STALLED_BY,
    Milestone,
    MilestoneExists,
    MilestoneId,
    MilestoneNotFound,
    MilestoneRepository,
    Move,
)
from apps.group_orders.domain.milestone_steps import KINDS
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import OrderRating, OrderRatingRepository
from apps.shared.domain.ids import MemberId
from apps.trading.contract import AlreadyRated, RatingId, RatingNotFound
from tests.support.memory import Diary, Memory, fresh
from tests.support.memory_group_orders import MemoryGroupOrders


class MemoryMilestones(Memory[MilestoneId, Milestone], MilestoneRepository):
    """Milestones, one of a kind in each order, and their moves."""

    def __init__(self, diary: Diary, orders: MemoryGroupOrders) -> None:
        super().__init__(diary, MilestoneNotFound)
        self.orders = orders
        self.moves: list[Move] = []

    def refuse(self, entity: Milestone) -> None:
        kinds = {(other.order, other.kind) for other in self.others(entity)}
        if (entity.order, entity.kind) in kinds:
            raise MilestoneExists

    async def order_of(self, id: MilestoneId) -> GroupOrderId:
        return (await self.get(id)).order

    async def of(self, order: GroupOrderId) -> Sequence[Milestone]:
        theirs = [fresh(each) for each in self.kept.values() if each.order == order]
        return sorted(theirs, key=lambda each: KINDS.index(each.kind))

    async def note(self, move: Move) -> None:
        self.moves.append(move)

    async def heard_at(self, order: GroupOrderId) -> datetime | None:
        theirs = {each.id: each for each in self.kept.values() if each.order == order}
        moved = [move.at for move in self.moves if move.milestone in theirs]
        done = [each.done_at for each in theirs.values() if each.done_at]
        return max([*moved, *done], default=None)

    async def missed(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        late = {
            each.order
            for each in self._ahead(at)
            if each.overdue_at is None and self.orders.kept[each.order].is_live
        }
        return sorted(late)[:limit]

    async def silent(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        late = Counter(each.order for each in self._ahead(at - SILENT_FOR))
        silent = []
        for id in sorted(order for order, number in late.items() if number >= STALLED_BY):
            order: GroupOrder = self.orders.kept[id]
            heard = await self.heard_at(id)
            unheard = heard is None or heard <= at - SILENT_FOR
            if order.is_live and order.stalled_at is None and unheard:
                silent.append(id)
        return silent[:limit]

    def _ahead(self, at: datetime) -> list[Milestone]:
        return [
            each
            for each in self.kept.values()
            if each.done_at is None and each.skipped_at is None and each.due_at <= at
        ]


@dataclass
class MemoryHandovers(Memory[HandoverId, Handover], HandoverRepository):
    """Handovers, and who agrees to them."""

    missing: type[HandoverNotFound] = HandoverNotFound
    votes: dict[HandoverId, set[MemberId]] = field(default_factory=dict)

    async def pending(self, *, of: GroupOrderId) -> Handover | None:
        for each in self.kept.values():
            if each.order == of and each.ended_at is None:
                return fresh(each)
        return None

    async def agree(self, id: HandoverId, member: MemberId, *, at: datetime) -> None:
        del at
        self.votes.setdefault(id, set()).add(member)

    async def agreed(self, id: HandoverId) -> frozenset[MemberId]:
        return frozenset(self.votes.get(id, ()))


class MemoryOrderRatings(Memory[RatingId, OrderRating], OrderRatingRepository):
    """Ratings, one to a rater, a ratee and an order."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, RatingNotFound)

    def refuse(self, entity: OrderRating) -> None:
        if sides(entity) in {sides(other) for other in self.others(entity)}:
            raise AlreadyRated

    async def lock(self, id: RatingId) -> OrderRating:
        self.diary.note("lock order rating")
        return await self.get(id)

    async def between(
        self, member: MemberId, other: MemberId, *, on: GroupOrderId
    ) -> list[OrderRating]:
        both = {member, other}
        return [
            fresh(self.kept[id])
            for id in sorted(self.kept)
            if self.kept[id].order == on and both == {*sides(self.kept[id])[1:]}
        ]


def sides(rating: OrderRating) -> tuple[GroupOrderId, MemberId, MemberId]:
    """Of what, and who of whom."""
    return rating.order, rating.rater_id, rating.ratee_id
