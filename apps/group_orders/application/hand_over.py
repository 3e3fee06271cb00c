"""Handing a group order over to its co-organiser."""

from dataclasses import dataclass
from datetime import datetime

from apps.group_orders.application.company import Company, Joiners
from apps.group_orders.domain.handover import (
    Handover,
    HandoverId,
    HandoverNotAsked,
    HandoverRepository,
)
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE, Part
from apps.group_orders.domain.payment import JoinersOnly
from apps.identity.contract import Directory, Ranks
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import ChangedMeanwhile, UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class HandOverOrder:
    """Ask for a group order to be handed over to its co-organiser, or agree to that.

    Who organises it asks, and the co-organiser has to be willing; joiners agree, and a moderator
    approves. With a moderator and more than half of the joiners it is done: the co-organiser is its
    only organiser then. Whoever has done their part already changes nothing by doing it again.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    handovers: HandoverRepository
    company: Company
    joiners: Joiners
    directory: Directory
    ranks: Ranks
    audit: AuditLog
    ids: Ids
    clock: Clock

    async def __call__(self, id: GroupOrderId, *, by: MemberId, reason: str | None) -> None:
        async with self.work:
            order = await self._locked(id)
            part = await self._part(order, by)
            order.ensure_in(*LIVE, part=part)
            now = self.clock.now()
            handover = await self._asked(order, part, by=by, reason=reason, at=now)
            joiners = await self.joiners.all(order.id) - {handover.giver, handover.receiver}
            active = await self.ranks.among({by, handover.receiver, *joiners})
            receiver = active.get(handover.receiver)
            if part is Part.CO_ORGANISER:
                handover.accept(at=now)
            elif part is Part.JOINER:
                await self.handovers.agree(handover.id, by, at=now)
            elif part is Part.STAFF:
                handover.approve(by=by, receiver=receiver, at=now)
                await self.audit.write("group-order.approve-handover", actor=by, target=order.id)
            agreed = await self.handovers.agreed(handover.id)
            here = joiners & active.keys()
            done = handover.complete(order, joiners=here, agreed=agreed, receiver=receiver, at=now)
            await self.handovers.save(handover)
            if done:
                await self.orders.save(order)

    async def _locked(self, id: GroupOrderId) -> GroupOrder:
        """Lock the co-organiser as well, who may be about to leave."""
        receiver = (await self.orders.get(id)).co_organiser
        await self.directory.lock([receiver] if receiver else [])
        order = await self.orders.lock(id)
        if order.co_organiser != receiver:
            raise ChangedMeanwhile
        return order

    async def _part(self, order: GroupOrder, member: MemberId) -> Part:
        """Return it; staff who have joined decide about their own order as joiners do."""
        part = await self.company(order, member)
        if part is Part.STRANGER:
            raise JoinersOnly
        if part is Part.STAFF and await self.joiners.has(order.id, member):
            return Part.JOINER
        return part

    async def _asked(
        self, order: GroupOrder, part: Part, *, by: MemberId, reason: str | None, at: datetime
    ) -> Handover:
        """Return what was asked for by who runs the order even now, or what is asked just now."""
        pending = await self.handovers.pending(of=order.id)
        if pending is not None and pending.is_of(order):
            return pending
        if not part.runs_it:
            raise HandoverNotAsked
        if pending is not None:
            pending.void(at=at)
            await self.handovers.save(pending)
        asked = Handover.ask(HandoverId(self.ids.next()), of=order, by=by, reason=reason, at=at)
        await self.handovers.add(asked)
        return asked
