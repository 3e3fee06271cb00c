"""What becomes of the group orders of a member who is suspended or leaves."""

from dataclasses import dataclass
from datetime import datetime

from apps.group_orders.application.ties import Ties
from apps.group_orders.domain.order import GroupOrderRepository
from apps.identity.contract import DeletionAsked, MemberDeparted, OpenOrders
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True)
class PartWithOrders:
    """Orders that they organise are stalled, and they help with none any more."""

    orders: GroupOrderRepository
    ties: Ties

    async def __call__(self, member: MemberId, *, at: datetime) -> None:
        theirs = {*await self.ties.run(member), *await self.ties.claimed(member)}
        for id in sorted(theirs):
            order = await self.orders.lock(id)
            if order.co_organiser == member:
                order.co_organiser, order.updated_at = None, at
                await self.orders.save(order)
            elif order.organiser == member and order.is_live and order.stalled_at is None:
                order.stall(at=at)
                await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class LeaveOrders:
    """Who is suspended or removed runs no order at that moment; what is theirs stays theirs."""

    part: PartWithOrders

    async def __call__(self, event: MemberDeparted) -> None:
        await self.part(event.member, at=event.at)


@dataclass(frozen=True, slots=True)
class EndPartInOrders:
    """Who leaves by themselves brings first to an end what others count on, or owe them (P10)."""

    ties: Ties
    part: PartWithOrders

    async def __call__(self, event: DeletionAsked) -> None:
        """Raise OpenOrders for those that are not over."""
        await self.part(event.member, at=event.at)
        if binding := await self.ties.binding(event.member):
            raise OpenOrders(group_order_ids=binding)
