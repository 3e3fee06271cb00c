"""Making anew what there is of each card now, and telling how old that is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from apps.market.application.index_market import Calendar
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

RECENT = timedelta(days=30)
"""For how long what was proposed or completed counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Which events figures are of: all up to `watermark`, and those `since_event` for what passes.

    They may be of a few later ones as well, for reading goes on meanwhile.
    """

    watermark: int
    since_event: int


class CardMarket(Protocol):
    """What there is of each card now; used inside a unit of work."""

    async def extent(self, recent: date) -> Extent | None:
        """Return that of all that is read by now; None where nothing is read."""
        ...

    async def refreshed(self) -> Extent | None:
        """Return what the figures are of; None where there are none."""
        ...

    async def note(self, extent: Extent, *, at: datetime) -> None:
        """Write down that they are of this."""
        ...

    async def make(self) -> None:
        """Make them anew; who reads meanwhile sees those of before."""
        ...


@dataclass(frozen=True, slots=True)
class RefreshMarket:
    """See to it that figures are of all that is read."""

    work: UnitOfWork
    market: CardMarket
    calendar: Calendar
    clock: Clock

    async def __call__(self) -> int:
        """Return 1 where they were made anew, 0 where they were right already."""
        now = self.clock.now()
        async with self.work:
            extent = await self.market.extent(now.astimezone(self.calendar.zone).date() - RECENT)
            if extent is None:
                return 0
            is_new = extent != await self.market.refreshed()
            await self.market.note(extent, at=now)
            if is_new:
                await self.market.make()
        return int(is_new)
