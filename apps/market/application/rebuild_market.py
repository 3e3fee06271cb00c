"""Reading all events anew, beside the live reading, and putting that in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from apps.market.application.generations import Generation, Generations, GenerationState
from apps.shared.application.outbox import Feed
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Conflict
from apps.shared.domain.ids import Clock

FORGOTTEN_AT_ONCE = 10_000
"""Rows of old readings that are deleted in one transaction."""


class RebuildUnderWay(Conflict):
    """All events are being read anew already."""


class Comparison(Protocol):
    """Two readings beside each other; used inside a unit of work."""

    async def __call__(self, one: Generation, other: Generation) -> Mapping[str, int]:
        """Return how many rows of each table only one of them has; none for tables that agree."""
        ...


class OldReadings(Protocol):
    """What was read before; used inside a unit of work."""

    async def forget(self, *, limit: int) -> int:
        """Delete so many rows of old readings at most, and return how many those were."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A reading that has taken the place of the one before it, and where the two differed."""

    generation: int
    events: int
    differences: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BeginRebuild:
    """Begin to read all events anew; the live reading goes on meanwhile."""

    work: UnitOfWork
    generations: Generations
    clock: Clock

    async def __call__(self) -> Generation:
        """Return the new reading; raise RebuildUnderWay."""
        async with self.work:
            if GenerationState.BUILDING in {
                each.state for each in await self.generations.reading()
            }:
                raise RebuildUnderWay
            return await self.generations.begin(GenerationState.BUILDING, at=self.clock.now())


@dataclass(frozen=True, slots=True)
class FinishRebuild:
    """Let a reading that has come as far as the live one take its place."""

    work: UnitOfWork
    feed: Feed
    generations: Generations
    compare: Comparison
    clock: Clock

    async def __call__(self) -> Rebuilt | None:
        """Return which one has; None where none is under way, or it is still behind."""
        async with self.work:
            reading = {each.state: each for each in await self.generations.reading()}
            building = reading.get(GenerationState.BUILDING)
            live = reading.get(GenerationState.LIVE)
            if building is None or live is None:
                return None
            # Whoever has both positions lets nobody read on meanwhile.
            positions = [await self.feed.take(each.reader) for each in (live, building)]
            if None in positions or positions[0] != positions[1]:
                return None
            differences = await self.compare(live, building)
            await self.generations.replace(live, building, at=self.clock.now())
        return Rebuilt(generation=building.id, events=building.events, differences=differences)


@dataclass(frozen=True, slots=True)
class ForgetReadings:
    """Delete what old readings have left."""

    work: UnitOfWork
    old: OldReadings

    async def __call__(self) -> int:
        """Return how many rows were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.old.forget(limit=FORGOTTEN_AT_ONCE)
