"""What an organiser says of how a group order gets on (G9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.group_orders.application.company import Company
from apps.group_orders.application.shipments import Shipments, Shipping
from apps.group_orders.domain.milestone import (
    Milestone,
    MilestoneId,
    MilestoneRepository,
)
from apps.group_orders.domain.milestone_steps import (
    MilestoneKind,
)
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import OrderRoundRepository
from apps.group_orders.domain.round_steps import OrderRoundState
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import Clock, Ids, MemberId


class RoundsUndecided(Conflict):
    """A round of this order is open, or its slots are not allocated yet; see to it first."""


UNDECIDED = {OrderRoundState.OPEN, OrderRoundState.CLOSED}


@dataclass(frozen=True, slots=True)
class PlanMilestone:
    """Say by which day something is to have happened to a group order of yours.

    There is one milestone of each kind at most; from the end of its day, wherever, it is overdue.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    milestones: MilestoneRepository
    company: Company
    ids: Ids
    clock: Clock

    async def __call__(
        self, order_id: GroupOrderId, *, kind: MilestoneKind, planned_on: date, by: MemberId
    ) -> MilestoneId:
        async with self.work:
            order = await self.orders.lock(order_id)
            milestone = Milestone.plan(
                MilestoneId(self.ids.next()),
                of=order,
                kind=kind,
                planned_on=planned_on,
                by=await self.company(order, by),
                others=await self.milestones.of(order_id),
                at=self.clock.now(),
            )
            await self.milestones.add(milestone)
        return milestone.id


@dataclass(frozen=True, slots=True)
class LockMilestone:
    """Lock a milestone behind its order, with its siblings; used inside a unit of work."""

    orders: GroupOrderRepository
    milestones: MilestoneRepository

    async def __call__(self, id: MilestoneId) -> tuple[GroupOrder, Milestone, Sequence[Milestone]]:
        """Raise MilestoneNotFound."""
        order = await self.orders.lock(await self.milestones.order_of(id))
        siblings = await self.milestones.of(order.id)
        (milestone,) = (each for each in siblings if each.id == id)
        return order, milestone, [each for each in siblings if each is not milestone]


@dataclass(frozen=True, slots=True)
class ReachMilestone:
    """Say that a milestone is reached; it is so once and for all, and the order moves with it.

    With `domestic_shipped` goes how each joiner's part was sent; with `delivered`, joiners have
    seven days to confirm or dispute what they got. Milestones that should have come before and
    did not are skipped.
    """

    work: UnitOfWork
    orders: GroupOrderRepository
    milestones: MilestoneRepository
    lock: LockMilestone
    company: Company
    rounds: OrderRoundRepository
    shipping: Shipping
    clock: Clock

    async def __call__(
        self,
        id: MilestoneId,
        *,
        note: str | None,
        proof_url: str | None,
        shipments: Shipments,
        by: MemberId,
    ) -> GroupOrderId:
        async with self.work:
            order, milestone, others = await self.lock(id)
            now = self.clock.now()
            milestone.reach(
                of=order,
                others=others,
                note=note,
                proof_url=proof_url,
                by=by,
                part=await self.company(order, by),
                at=now,
            )
            if milestone.kind is MilestoneKind.ORDERED:
                await self._ensure_decided(order.id)
            await self.shipping(order, milestone.kind, shipments, at=now)
            for each in (milestone, *(other for other in others if other.skipped_at == now)):
                await self.milestones.save(each)
            await self.orders.save(order)
        return order.id

    async def _ensure_decided(self, order: GroupOrderId) -> None:
        rounds = await self.rounds.unfinished(of=order)
        if any(round.state in UNDECIDED for round in rounds):
            raise RoundsUndecided


@dataclass(frozen=True, slots=True)
class MoveMilestone:
    """Plan a milestone for another day, for a reason that all who see the order can read."""

    work: UnitOfWork
    orders: GroupOrderRepository
    milestones: MilestoneRepository
    lock: LockMilestone
    company: Company
    clock: Clock

    async def __call__(
        self, id: MilestoneId, *, planned_on: date, reason: str, by: MemberId
    ) -> GroupOrderId:
        async with self.work:
            order, milestone, _ = await self.lock(id)
            move = milestone.move(
                planned_on,
                of=order,
                reason=reason,
                by=by,
                part=await self.company(order, by),
                at=self.clock.now(),
            )
            await self.milestones.note(move)
            await self.milestones.save(milestone)
            await self.orders.save(order)
        return order.id
