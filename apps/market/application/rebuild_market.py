"""Reading all events anew, beside the live reading, and putting that in its place."""

from asyncio import sleep
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from apps.market.application.generations import (
    LIVE_READER,
    NEW_READER,
    Generation,
    Generations,
    GenerationState,
)
from apps.market.application.index_market import BATCH, IndexMarket
from apps.shared.application.outbox import Feed
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy, Conflict
from apps.shared.domain.ids import Clock

FORGOTTEN_AT_ONCE = 10_000
"""Rows of old readings that are deleted in one transaction."""
PAUSE_S = 0.1
"""How long to wait where others are reading, until one looks again."""


class RebuildUnderWay(Conflict):
    """All events are being read anew already."""


class Comparison(Protocol):
    """Two readings beside each other, as of one moment; nobody who writes waits for it."""

    async def __call__(self, one: Generation, other: Generation) -> Mapping[str, int] | None:
        """Return how many rows of each table only one of them has; nothing of tables that agree.

        None where one of them is further than the other.
        """
        ...


class OldReadings(Protocol):
    """What was read before; used inside a unit of work."""

    async def forget(self, *, limit: int) -> int:
        """Delete so many rows of old readings at most, and return how many those were."""
        ...


@dataclass(frozen=True, slots=True)
class BeginRebuild:
    """Begin to read all events anew; the live reading goes on meanwhile."""

    work: UnitOfWork
    feed: Feed
    generations: Generations
    clock: Clock

    async def __call__(self) -> Generation:
        """Return the new reading; raise RebuildUnderWay."""
        async with self.work:
            if GenerationState.BUILDING in await self.generations.reading():
                raise RebuildUnderWay
            begun = await self.generations.begin(GenerationState.BUILDING, at=self.clock.now())
            if begun is None:
                raise RebuildUnderWay
            await self.feed.forget(begun.reader)  # what is left there is of another one
            return begun


@dataclass(frozen=True, slots=True)
class FinishRebuild:
    """Compare a reading that has come as far as the live one, and let it take its place."""

    work: UnitOfWork
    feed: Feed
    generations: Generations
    compare: Comparison
    clock: Clock

    async def __call__(self) -> Generation | None:
        """Return which one has; None where none is under way, or it is behind just now."""
        async with self.work:
            reading = await self.generations.reading()
        live, building = reading.get(GenerationState.LIVE), reading.get(GenerationState.BUILDING)
        if live is None or building is None:
            return None
        if building.differences is None:
            differences = await self.compare(live, building)
            if differences is None:
                return None
            async with self.work:
                await self.generations.compared(building, differences)
        return await self._put_in_place()

    async def _put_in_place(self) -> Generation | None:
        async with self.work:
            # Whoever has both positions lets nobody read on or put anything in place meanwhile.
            positions = [await self.feed.take(each) for each in (LIVE_READER, NEW_READER)]
            if None in positions or positions[0] != positions[1]:
                return None
            reading = await self.generations.reading()
            live, building = map(reading.get, (GenerationState.LIVE, GenerationState.BUILDING))
            if live is None or building is None or building.differences is None:
                return None
            await self.feed.forget(building.reader)  # the live one's is the same
            await self.generations.replace(live, building, at=self.clock.now())
            return await self.generations.get(building.id)


@dataclass(frozen=True, slots=True)
class RebuildMarket:
    """Read all events anew, and see the new reading take the place of the live one."""

    work: UnitOfWork
    generations: Generations
    begin: BeginRebuild
    read_on: IndexMarket
    finish: FinishRebuild

    async def __call__(self) -> Generation:
        """Return it; workers may read as well meanwhile, or there may be none.

        Raises RebuildUnderWay.
        """
        begun = await self.begin()
        while True:
            try:
                read = await self.read_on()
                if read < BATCH:
                    _ = await self.finish()
            except* Busy:  # as while figures are made anew, which may take longer than a lock
                read = 0
            async with self.work:
                now = await self.generations.get(begun.id)
            if now.state is not GenerationState.BUILDING:  # it may be old by now
                return now
            if read < BATCH:
                await sleep(PAUSE_S)


@dataclass(frozen=True, slots=True)
class ForgetReadings:
    """Delete what old readings have left."""

    work: UnitOfWork
    old: OldReadings

    async def __call__(self) -> int:
        """Return how many rows were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.old.forget(limit=FORGOTTEN_AT_ONCE)
