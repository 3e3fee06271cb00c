"""Mail to those who have not yet rated a trade that is over (R2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.contract import Letter, Postbox
from apps.shared.application.public_address import PublicAddress
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.domain.rating import RATED_WITHIN
from apps.trading.domain.terms import TradeId

BATCH = 100
DAYS = {1: 10, 10: RATED_WITHIN.days}
"""Days after the end of a trade on which a reminder falls due, and until when it makes sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """Somebody who has not rated all partners in a trade, and one of those still to rate."""

    trade: TradeId
    member: MemberId
    about: MemberId


class Reminders(Protocol):
    """Who was reminded of what."""

    async def claim(self, day: int, *, until: int, at: datetime, limit: int) -> Sequence[Reminder]:
        """Return some that fall due between these days, none of them ever returned before."""
        ...


@dataclass(frozen=True, slots=True)
class RemindToRate:
    """Remind parties on the first and on the tenth day, each time at most once.

    What is claimed counts as sent: rather no letter than two of them.
    """

    work: UnitOfWork
    reminders: Reminders
    postbox: Postbox
    address: PublicAddress
    clock: Clock

    async def __call__(self) -> int:
        """Return how many reminders were sent."""
        sent = 0
        for day in DAYS:
            while some := await self._claim(day):
                await self.postbox.send([self._letter(reminder) for reminder in some])
                sent += len(some)
        return sent

    async def _claim(self, day: int) -> Sequence[Reminder]:
        async with self.work:
            return await self.reminders.claim(
                day, until=DAYS[day], at=self.clock.now(), limit=BATCH
            )

    def _letter(self, reminder: Reminder) -> Letter:
        return Letter(
            to=reminder.member,
            names={"name": reminder.about},
            subject="How was your trade?",
            text="Your trade with {name} is over. What you say of it is shown once both of you"
            f" have rated.\n\n{self.address}/api/v1/trades/{reminder.trade}/ratings\n",
        )
