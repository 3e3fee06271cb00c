"""Collection jobs: what is taken down for one day, once, and again the same when asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from apps.market.application.index_market import Calendar
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5
PLANNED_AT_ONCE = 400
"""Days for which jobs are planned in one call."""


class CollectionKind(StrEnum):
    """What is taken down."""

    SNAPSHOT = "snapshot"


class CollectionState(StrEnum):
    """`failed` waits for an operator."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """To take down what there was at the end of `day`; `attempt` counts this one.

    `watermark` is the number of the last event that counts, once that is settled: whoever takes
    it down again does so from the same events.
    """

    id: UUID
    kind: CollectionKind
    scope: str
    day: date
    attempt: int
    watermark: int | None


class Collections(Protocol):
    """All collection jobs; used inside a unit of work."""

    async def plan(self, kind: CollectionKind, days: Sequence[date], *, at: datetime) -> int:
        """Add those that are not there yet, and return how many those were."""
        ...

    async def missing(self, kind: CollectionKind, *, until: date, limit: int) -> Sequence[date]:
        """Return the oldest days, up to one, that have no job, since the first event."""
        ...

    async def take(self, *, at: datetime, lease: timedelta) -> Collection | None:
        """Take the oldest one that waits, or whose holder is gone, and hold it for a while."""
        ...

    async def finish(self, job: Collection, *, rows: int, watermark: int, at: datetime) -> None:
        """Write down what has come of it."""
        ...

    async def give_up(self, job: Collection, *, error: str, at: datetime) -> None:
        """Let it wait for another attempt, or for an operator."""
        ...

    async def repeat(self, kind: CollectionKind, days: Sequence[date]) -> int:
        """Let those be done again, from the events that they were done from."""
        ...


class Snapshots(Protocol):
    """Figures of cards by day; used inside a unit of work."""

    async def watermark(self, day: date) -> int:
        """Return the number of the last event of this day or of those before it."""
        ...

    async def take(self, day: date, *, watermark: int) -> int:
        """Take down every card anew, and return how many there are."""
        ...


@dataclass(frozen=True, slots=True)
class PlanCollections:
    """See to it that each day that is over has its jobs."""

    work: UnitOfWork
    collections: Collections
    calendar: Calendar
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were planned, PLANNED_AT_ONCE where there may be more."""
        now, planned = self.clock.now(), 0
        yesterday = now.astimezone(self.calendar.zone).date() - timedelta(days=1)
        async with self.work:
            for kind in CollectionKind:
                days = await self.collections.missing(kind, until=yesterday, limit=PLANNED_AT_ONCE)
                planned += await self.collections.plan(kind, days, at=now)
        return planned


@dataclass(frozen=True, slots=True)
class Collect:
    """Do the next collection job."""

    work: UnitOfWork
    collections: Collections
    snapshots: Snapshots
    clock: Clock

    async def __call__(self) -> int:
        """Return 1, or 0 where none waits; what goes wrong is written down, and raised."""
        async with self.work:
            job = await self.collections.take(at=self.clock.now(), lease=LEASE)
        if job is None:
            return 0
        try:
            async with self.work:
                known = job.watermark
                watermark = await self.snapshots.watermark(job.day) if known is None else known
                rows = await self.snapshots.take(job.day, watermark=watermark)
                now = self.clock.now()
                await self.collections.finish(job, rows=rows, watermark=watermark, at=now)
        except Exception as failure:
            async with self.work:
                told = f"{type(failure).__name__}: {failure}"
                await self.collections.give_up(job, error=told, at=self.clock.now())
            raise
        return 1
