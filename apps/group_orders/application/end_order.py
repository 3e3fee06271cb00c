"""How a group order ends: closed once all is handed out and settled, or called off (G11)."""

from dataclasses import dataclass

from apps.group_orders.application.company import Company
from apps.group_orders.application.money import Funds, OpenRefunds
from apps.group_orders.application.shipments import Waiting
from apps.group_orders.domain.delivery import (
    DeliveriesOpen,
    PaymentsUnanswered,
    RefundsOutstanding,
)
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import BEFORE_ORDERED, OrderState, Part
from apps.group_orders.domain.terms import refuse_contacts
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId


@dataclass(frozen=True, slots=True)
class CloseOrder:
    """Close a group order of yours: everybody has confirmed, and no money is left to be settled."""

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    waiting: Waiting
    refunds: OpenRefunds
    funds: Funds
    clock: Clock

    async def __call__(self, id: GroupOrderId, *, by: MemberId) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            part = await self.company(order, by)
            order.ensure_run_by(part)
            order.ensure_in(OrderState.DISTRIBUTING, part=part)
            if await self.waiting.members(id):
                raise DeliveriesOpen
            if await self.waiting.unanswered(id):
                raise PaymentsUnanswered
            spare = any(fund.spare for fund in (await self.funds.of(id)).values())
            if spare or await self.refunds.of_order(id):
                raise RefundsOutstanding
            order.end(OrderState.CLOSED, by=part, reason=None, at=self.clock.now())
            await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Call a group order of yours off; once it was ordered, it has failed. Moderators call any off.

    Nobody gets anything that was not delivered, or owes anything for it: what they have paid is
    promised back. Until each of those refunds is confirmed by its joiner, or decided by a
    moderator, you open no other group order.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    company: Company
    audit: AuditLog
    clock: Clock

    async def __call__(self, id: GroupOrderId, *, reason: str, by: MemberId) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            part = await self.company(order, by)
            order.ensure_may_call_off(part)
            refuse_contacts({"reason": reason})
            early = order.state in BEFORE_ORDERED
            end = OrderState.CANCELLED if early else OrderState.FAILED
            order.end(end, by=part, reason=reason, at=self.clock.now())
            await self.orders.save(order)
            if part is Part.STAFF:
                await self.audit.write("group-order.cancel", actor=by, target=id, state=end)
