"""What becomes of the group orders of a member who is suspended or leaves."""

from dataclasses import dataclass
from datetime import datetime

from apps.catalogue.contract import Catalogue
from apps.group_orders.application.claim_slots import WithdrawClaim
from apps.group_orders.application.ties import Ties
from apps.group_orders.domain.order import GroupOrderRepository
from apps.identity.contract import DeletionAsked, MemberDeparted, OpenOrders
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True)
class PartWithOrders:
    """Orders that they organise are stalled, and they help with none any more.

    What they have claimed is withdrawn as far as it can be. Cards are locked before orders are.
    """

    orders: GroupOrderRepository
    catalogue: Catalogue
    ties: Ties
    withdraw: WithdrawClaim

    async def __call__(self, member: MemberId, *, at: datetime) -> None:
        claimed = await self.ties.claimed(member)
        if cards := {each.card for each in claimed if each.card is not None}:
            await self.catalogue.hold(cards)
        for id in sorted({*await self.ties.run(member), *(each.order for each in claimed)}):
            order = await self.orders.lock(id)
            if order.co_organiser == member:
                order.co_organiser, order.updated_at = None, at
                await self.orders.save(order)
            elif order.organiser == member and order.is_live and order.stalled_at is None:
                order.stall(at=at)
                await self.orders.save(order)
        for claim in await self.ties.revocable(member):
            await self.withdraw(claim, by=member)


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
