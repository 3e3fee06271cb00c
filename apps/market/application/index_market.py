"""The indexer: reads public events, and keeps what the market is made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from apps.market.application.generations import (
    Generation,
    Generations,
    GenerationState,
    MarketStore,
)
from apps.market.domain.reading import READERS, read
from apps.shared.application.outbox import Feed, PublicEvent
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

BATCH = 2_000
"""Events that are read in one transaction."""
ALONE = "card_merged"
"""May be about any number of copies and wants, and so is read by itself."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of this installation (D.0)."""

    zone: ZoneInfo

    def day_of(self, event: PublicEvent) -> date:
        """Return the day on which it happened."""
        return event.at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class IndexMarket:
    """Read what has happened since, in the order in which it happened."""

    work: UnitOfWork
    feed: Feed
    generations: Generations
    market: MarketStore
    calendar: Calendar
    clock: Clock

    async def __call__(self) -> int:
        """Return how many events were read at most by one generation; BATCH where more wait."""
        return max([await self._read_on(each) for each in await self._reading()], default=0)

    async def _reading(self) -> Sequence[Generation]:
        async with self.work:
            reading = await self.generations.reading()
            if not any(each.state is GenerationState.LIVE for each in reading):
                live = await self.generations.begin(GenerationState.LIVE, at=self.clock.now())
                reading = [live, *reading]
        return reading

    async def _read_on(self, generation: Generation) -> int:
        async with self.work:
            position = await self.feed.take(generation.reader)
            if position is None:
                return 0
            batch = await self.feed.behind(position, limit=BATCH)
            if not batch:
                return 0
            (generation,) = [
                each for each in await self.generations.reading() if each.id == generation.id
            ]
            events = [event for _, event in batch if event.kind in READERS]
            days = []
            for run in runs(events):
                fold = await self.market.load(generation.id, run)
                for event in run:
                    generation = replace(generation, events=generation.events + 1)
                    day = self.calendar.day_of(event)
                    if generation.day is None or day > generation.day:
                        generation = replace(generation, day=day)
                        days.append((day, generation.events))
                    read(fold, event, ordinal=generation.events)
                await self.market.keep(generation.id, fold)
            await self.generations.advance(generation, days)
            await self.feed.move(generation.reader, batch[-1][0], at=self.clock.now())
        return len(batch)


def runs(events: Sequence[PublicEvent]) -> Iterator[Sequence[PublicEvent]]:
    """Cut them before and behind each one that is read by itself."""
    run: list[PublicEvent] = []
    for event in events:
        if event.kind == ALONE:
            if run:
                yield run
            yield [event]
            run = []
        else:
            run.append(event)
    if run:
        yield run
