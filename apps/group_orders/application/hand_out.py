"""What joiners say of what they got, and what moderators decide about it (G10)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.collection.contract import Deliveries
from apps.group_orders.application.approach import Approach
from apps.group_orders.application.company import Joiners
from apps.group_orders.application.grants import Grants
from apps.group_orders.application.hand_on import Sight
from apps.group_orders.application.round_ports import Allocations, Claims
from apps.group_orders.application.watch_milestones import ORDERS_AT_ONCE, one_by_one
from apps.group_orders.domain.allocation import Allocation
from apps.group_orders.domain.delivery import (
    Decision,
    DisputeKind,
    confirm,
    decide,
    dispute,
)
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import OrderRoundRepository
from apps.group_orders.domain.round_events import AllocationId, OrderRoundId
from apps.group_orders.domain.round_steps import EndReason
from apps.identity.contract import ModeratorsOnly, Ranks
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId


class Receipts(Protocol):
    """What became of allocations that were sent; used behind the lock of their order."""

    async def confirm(self, allocations: Collection[AllocationId], *, at: datetime) -> None:
        """Note that these were received."""
        ...

    async def dispute(
        self, id: AllocationId, *, kind: DisputeKind, text: str, at: datetime
    ) -> None:
        """Note what its holder says to be wrong."""
        ...

    async def decide(
        self, id: AllocationId, *, decision: Decision, reason: str, by: MemberId, at: datetime
    ) -> None:
        """Note what a moderator has found."""
        ...

    async def silent(
        self, order: GroupOrderId, *, at: datetime
    ) -> Mapping[OrderRoundId, Collection[AllocationId]]:
        """Return those of an order whose holders have said nothing in time, by round."""
        ...

    async def silent_orders(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        """Return some orders with such allocations."""
        ...


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Lets what was allocated be in the hands of its holders; used inside a unit of work."""

    receipts: Receipts
    deliveries: Deliveries

    async def __call__(
        self, order: GroupOrder, allocations: Sequence[Allocation], *, at: datetime
    ) -> None:
        """Their copies are held from now on, with a chain that begins at the organiser."""
        await self.receipts.confirm([each.id for each in allocations], at=at)
        copies = [each.copy_id for each in allocations if each.copy_id is not None]
        await self.deliveries.arrive(copies, giver=order.organiser)


@dataclass(frozen=True, slots=True)
class ConfirmDelivery:
    """Say that you have what was allocated to you: the copy is in your binder from now on."""

    work: UnitOfWork
    orders: GroupOrderRepository
    approach: Approach
    sight: Sight
    allocations: Allocations
    arrivals: Arrivals
    clock: Clock

    async def __call__(self, id: AllocationId, *, by: MemberId) -> None:
        async with self.work:
            order, _, _ = await self.approach((await self.allocations.get(id)).round)
            allocation, now = await self.allocations.get(id), self.clock.now()
            _ = await self.sight(allocation, order, by)
            confirm(allocation, of=order, by=by, at=now)
            await self.arrivals(order, [allocation], at=now)
            await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class DisputeDelivery:
    """Say what is wrong, within seven days after it was delivered; a moderator decides.

    Where the group order is stalled you need not wait until something is sent.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    approach: Approach
    sight: Sight
    allocations: Allocations
    receipts: Receipts
    clock: Clock

    async def __call__(
        self, id: AllocationId, *, kind: DisputeKind, text: str, by: MemberId
    ) -> None:
        async with self.work:
            order, _, _ = await self.approach((await self.allocations.get(id)).round)
            allocation, now = await self.allocations.get(id), self.clock.now()
            _ = await self.sight(allocation, order, by)
            dispute(allocation, of=order, kind=kind, text=text, by=by, at=now)
            await self.receipts.dispute(id, kind=kind, text=text, at=now)
            await self.orders.save(order)


@dataclass(frozen=True, slots=True)
class DecideDelivery:
    """Decide a dispute as a moderator who has no part in the group order.

    Upheld, the allocation ends: nothing is due for it, and what was paid is promised back.
    Otherwise it counts as received.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    rounds: OrderRoundRepository
    approach: Approach
    sight: Sight
    ranks: Ranks
    joiners: Joiners
    claims: Claims
    allocations: Allocations
    grants: Grants
    receipts: Receipts
    arrivals: Arrivals
    audit: AuditLog
    clock: Clock

    async def __call__(self, id: AllocationId, *, upheld: bool, reason: str, by: MemberId) -> None:
        async with self.work:
            order, round, _ = await self.approach((await self.allocations.get(id)).round)
            allocation, now = await self.allocations.get(id), self.clock.now()
            _ = await self.sight(allocation, order, by)
            if not (await self.ranks.of(by)).role.is_staff:
                raise ModeratorsOnly
            decision = Decision.UPHELD if upheld else Decision.DISMISSED
            joined = {by} if await self.joiners.has(order.id, by) else set[MemberId]()
            decide(allocation, of=order, decision=decision, by=by, joiners=joined, at=now)
            await self.receipts.decide(id, decision=decision, reason=reason, by=by, at=now)
            if upheld:
                claim = await self.claims.get(allocation.claim)
                await self.grants.revoke(round, [allocation], EndReason.REFUTED)
                claim.give_up(1, at=now)
                await self.claims.save([claim])
                await self.rounds.save(round)
            else:
                await self.arrivals(order, [allocation], at=now)
            await self.orders.save(order)
            await self.audit.write("allocation.decide", actor=by, target=id, upheld=upheld)


@dataclass(frozen=True, slots=True)
class ConfirmSilent:
    """Count as received what was delivered seven days ago and nobody has disputed.

    Where nobody has said that it was delivered, that is 28 days after it was sent.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    allocations: Allocations
    receipts: Receipts
    arrivals: Arrivals
    clock: Clock

    async def __call__(self) -> int:
        """Return how many orders were seen to, each in a unit of work of its own."""
        async with self.work:
            silent = await self.receipts.silent_orders(at=self.clock.now(), limit=ORDERS_AT_ONCE)
        return await one_by_one(silent, self._confirm)

    async def _confirm(self, id: GroupOrderId) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            now = self.clock.now()
            silent = await self.receipts.silent(id, at=now)
            received = [
                each
                for round, ids in silent.items()
                for each in await self.allocations.live(round)
                if each.id in ids
            ]
            for allocation in received:
                confirm(allocation, of=order, by=None, at=now)
            await self.arrivals(order, received, at=now)
            await self.orders.save(order)
