"""How well members are rated on the whole, counted again and again (R5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock


class RatingTotals(Protocol):
    """How many ratings are shown, and how many points they come to."""

    async def count(self, *, at: datetime) -> None:
        """Count those shown at that moment, and keep what they come to."""
        ...


@dataclass(frozen=True, slots=True)
class CountRatings:
    """Keep the mean of the platform for those who ask for a reputation.

    It is counted twice a minute, not kept with each change: most ratings come to be shown as time
    passes, so that a job is needed in any case, and no two raters wait for each other at one row.
    """

    work: UnitOfWork
    totals: RatingTotals
    clock: Clock

    async def __call__(self) -> None:
        async with self.work:
            await self.totals.count(at=self.clock.now())
