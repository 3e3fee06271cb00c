"""Milestones that nobody says a word about: overdue by themselves, and then stalling (G9)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from apps.group_orders.domain.milestone import MilestoneRepository, is_silent
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Clock

ORDERS_AT_ONCE = 50
"""Group orders that are seen to in one call."""


@dataclass(frozen=True, slots=True)
class MarkOverdue:
    """Note which milestones have passed their day without being reached."""

    work: UnitOfWork
    orders: GroupOrderRepository
    milestones: MilestoneRepository
    clock: Clock

    async def __call__(self) -> int:
        """Return how many orders were seen to, each in a unit of work of its own."""
        async with self.work:
            late = await self.milestones.missed(at=self.clock.now(), limit=ORDERS_AT_ONCE)
        return await one_by_one(late, self._mark)

    async def _mark(self, id: GroupOrderId) -> None:
        async with self.work:
            _ = await self.orders.lock(id)
            now = self.clock.now()
            for milestone in await self.milestones.of(id):
                if milestone.miss(at=now):
                    await self.milestones.save(milestone)


@dataclass(frozen=True, slots=True)
class StallSilent:
    """Stall the orders of which two milestones have been overdue for a week without a word."""

    work: UnitOfWork
    orders: GroupOrderRepository
    milestones: MilestoneRepository
    clock: Clock

    async def __call__(self) -> int:
        """Return how many orders were seen to, likewise."""
        async with self.work:
            silent = await self.milestones.silent(at=self.clock.now(), limit=ORDERS_AT_ONCE)
        return await one_by_one(silent, self._stall)

    async def _stall(self, id: GroupOrderId) -> None:
        async with self.work:
            order = await self.orders.lock(id)
            now = self.clock.now()
            heard_at = await self.milestones.heard_at(id)
            milestones = await self.milestones.of(id)
            running = order.is_live and order.stalled_at is None
            if running and is_silent(milestones, heard_at=heard_at, at=now):
                order.stall(at=now)
                await self.orders.save(order)


async def one_by_one(
    ids: Sequence[GroupOrderId], step: Callable[[GroupOrderId], Awaitable[None]]
) -> int:
    """See to each; one that fails does not hold up those behind it, and is told in the end."""
    faults = []
    for id in ids:
        try:
            await step(id)
        except Busy:
            raise
        except Exception as fault:  # noqa: BLE001 - raised below
            faults.append(fault)
    if faults:
        raise ExceptionGroup("Some group orders could not be seen to", faults)
    return len(ids)
