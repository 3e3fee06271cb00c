"""Mail to those who have not yet rated a group order that is over (R2, G13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.order_events import GroupOrderId
from apps.identity.contract import Letter, Postbox
from apps.shared.application.public_address import PublicAddress
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.contract import RATED_WITHIN

BATCH = 100
DAYS = {1: 10, 10: RATED_WITHIN.days}
"""Days after the end of an order on which a reminder falls due, and until when it makes sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReminder:
    """Somebody who may still rate; its organiser, where `organiser` is None, some joiners of it."""

    order: GroupOrderId
    member: MemberId
    organiser: MemberId | None


class OrderReminders(Protocol):
    """Who was reminded of what."""

    async def claim(
        self, day: int, *, until: int, at: datetime, limit: int
    ) -> Sequence[OrderReminder]:
        """Return some that fall due between these days, none of them ever returned before."""
        ...


@dataclass(frozen=True, slots=True)
class RemindToRateOrders:
    """Remind joiners and organisers on the first and on the tenth day, each time at most once.

    What is claimed counts as sent: rather no letter than two of them.
    """

    work: UnitOfWork
    reminders: OrderReminders
    postbox: Postbox
    address: PublicAddress
    clock: Clock

    async def __call__(self) -> int:
        """Return how many reminders were sent."""
        sent = 0
        for day, until in DAYS.items():
            while some := await self._claim(day, until):
                await self.postbox.send([self._letter(reminder) for reminder in some])
                sent += len(some)
        return sent

    async def _claim(self, day: int, until: int) -> Sequence[OrderReminder]:
        async with self.work:
            return await self.reminders.claim(day, until=until, at=self.clock.now(), limit=BATCH)

    def _letter(self, reminder: OrderReminder) -> Letter:
        mine = reminder.organiser is None
        over = "Your group order is over." if mine else "The group order of {name} is over."
        return Letter(
            to=reminder.member,
            names={"name": reminder.organiser} if reminder.organiser else {},
            subject="How was the group order?",
            text=f"{over} What you say of it is shown once both sides have rated.\n\n"
            f"{self.address}/api/v1/group-orders/{reminder.order}/ratings\n",
        )
