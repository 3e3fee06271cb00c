"""Collection jobs: what is taken down for one day, once, and again the same when asked."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from apps.market.application.index_market import Calendar
from apps.market.domain.conditions import BEFORE
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5
PLANNED_AT_ONCE = 400
"""Days for which jobs are planned in one call."""
LATE = timedelta(minutes=10)
"""How long after its end a day is waited for: what has happened on it may still be under way."""


class CollectionKind(StrEnum):
    """What is taken down: figures of cards, and what follows from those for groups."""

    SNAPSHOT = "snapshot"
    CONDITIONS = "conditions"


class CollectionState(StrEnum):
    """`failed` waits for an operator."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Window:
    """The events of a day, or of some: those behind the one of this number, up to the watermark."""

    behind: int
    watermark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """To take down what there was at the end of `day`; `attempt` counts this one.

    Attempts are counted anew when it is done again, so that its holder is known by the end of the
    lease as well. `window` is kept once it is settled: whoever takes it down again does so from the
    same events.
    """

    id: UUID
    kind: CollectionKind
    scope: str
    day: date
    attempt: int
    leased_until: datetime
    window: Window | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionView:
    """A job as operators see it."""

    kind: CollectionKind
    day: date
    state: CollectionState
    attempts: int
    rows: int | None
    watermark: int | None
    error: str | None


class Collections(Protocol):
    """All collection jobs; used inside a unit of work."""

    async def plan(self, kind: CollectionKind, days: Sequence[date], *, at: datetime) -> int:
        """Add those that are not there yet, and return for how many days."""
        ...

    async def missing(self, kind: CollectionKind, *, until: date, limit: int) -> Sequence[date]:
        """Return the oldest days, up to one, that have no job, since the first event."""
        ...

    async def take(self, *, at: datetime, lease: timedelta) -> Collection | None:
        """Take the oldest one that can be done, or whose holder is gone, and hold it for a while.

        What was begun too often and never ended is given up.
        """
        ...

    async def settle(self, job: Collection, window: Window) -> None:
        """Keep from which events it is done; raise LeaseLost."""
        ...

    async def postpone(self, job: Collection) -> None:
        """Let it wait as if it had not been taken."""
        ...

    async def hold(self, job: Collection) -> None:
        """Let nobody else take it until this unit of work ends; raise LeaseLost."""
        ...

    async def finish(self, job: Collection, *, rows: int, at: datetime) -> None:
        """Write down what has come of it; raise LeaseLost."""
        ...

    async def give_up(self, job: Collection, *, error: str, at: datetime) -> None:
        """Let it wait for another attempt, or for an operator."""
        ...

    async def repeat(self, since: date, until: date, states: AbstractSet[CollectionState]) -> int:
        """Let those be done again that are in such a state, from the same events as before."""
        ...

    async def listed(self, since: date, until: date) -> Sequence[CollectionView]:
        """Return those of these days, in order."""
        ...


class Collector(Protocol):
    """Takes down one kind; used inside a unit of work."""

    async def window(self, day: date) -> Window | None:
        """Return which events count; None while not all of them are read."""
        ...

    async def prepare(self, day: date) -> None:
        """See to it that there is a place for this day, in a unit of work of its own."""
        ...

    async def take(self, day: date, window: Window) -> int:
        """Take it down anew, and return how many rows it is."""
        ...


class Snapshots(Collector, Protocol):
    """Figures of cards by day."""


class Conditions(Collector, Protocol):
    """Conditions of groups by day."""


def may_begin(kind: CollectionKind, day: date, *, undone: frozenset[date]) -> bool:
    """Tell whether all is there that it follows from; `undone` are days without a snapshot."""
    if kind is CollectionKind.SNAPSHOT:
        return True
    return not any(day - max(BEFORE) <= each <= day for each in undone)


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
        yesterday = (now - LATE).astimezone(self.calendar.zone).date() - timedelta(days=1)
        async with self.work:
            for kind in CollectionKind:
                days = await self.collections.missing(kind, until=yesterday, limit=PLANNED_AT_ONCE)
                planned = max(planned, await self.collections.plan(kind, days, at=now))
        return planned


@dataclass(frozen=True, slots=True)
class RepeatCollections:
    """Let days be taken down again: what has failed, or all of it."""

    work: UnitOfWork
    collections: Collections

    async def __call__(self, since: date, until: date, *, failed_only: bool = False) -> int:
        """Return how many jobs wait now that did not."""
        states = {CollectionState.FAILED, *(() if failed_only else (CollectionState.DONE,))}
        async with self.work:
            return await self.collections.repeat(since, until, states)


@dataclass(frozen=True, slots=True)
class ListCollections:
    """Show jobs to operators."""

    work: UnitOfWork
    collections: Collections

    async def __call__(self, since: date, until: date) -> Sequence[CollectionView]:
        """Return those of these days."""
        async with self.work:
            return await self.collections.listed(since, until)


@dataclass(frozen=True, slots=True)
class Collect:
    """Do the next collection job."""

    work: UnitOfWork
    collections: Collections
    snapshots: Snapshots
    conditions: Conditions
    clock: Clock

    async def __call__(self) -> int:
        """Return 1, or 0 where none can be done; what goes wrong is written down, and raised."""
        job = await self.begin()
        return int(job is not None and await self.do(job))

    async def begin(self) -> Collection | None:
        """Return the next one that can be done, and is held now."""
        async with self.work:
            return await self.collections.take(at=self.clock.now(), lease=LEASE)

    async def do(self, job: Collection) -> bool:
        """Tell whether it is done or has to wait; what goes wrong is written down, and raised."""
        try:
            return await self._do(job)
        except Exception as failure:
            async with self.work:
                told = f"{type(failure).__name__}: {failure}"
                await self.collections.give_up(job, error=told, at=self.clock.now())
            raise

    async def _do(self, job: Collection) -> bool:
        collector: Collector = (
            self.snapshots if job.kind is CollectionKind.SNAPSHOT else self.conditions
        )
        settled = await self._settled(job, collector)
        if settled.window is None:
            return False
        async with self.work:
            await collector.prepare(job.day)
        async with self.work:
            await self.collections.hold(job)
            rows = await collector.take(job.day, settled.window)
            await self.collections.finish(job, rows=rows, at=self.clock.now())
        return True

    async def _settled(self, job: Collection, collector: Collector) -> Collection:
        if job.window is not None:
            return job
        async with self.work:
            window = await collector.window(job.day)
            if window is None:
                await self.collections.postpone(job)
            else:
                await self.collections.settle(job, window)
        return replace(job, window=window)
