"""The indexer: reads public events, and keeps what the market is made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from apps.market.application.generations import (
    NEW_READER,
    Generation,
    Generations,
    GenerationState,
    MarketStore,
)
from apps.market.domain.reading import READERS, read
from apps.shared.application.outbox import Feed, PublicEvent
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

BATCH = 500
"""Events that are read in one transaction; on SQLite all who write wait for that."""
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
        """Return how many events were read at most by one generation; BATCH where more wait.

        One that fails stays where it was and does not stop the other; raises both in the end.
        """
        most, failures = 0, []
        for generation in await self._reading():
            try:
                most = max(most, await self._read_on(generation))
            except Exception as failure:  # noqa: BLE001 - raised below
                failure.add_note(f"This is of reading {generation.id} of the market.")
                failures.append(failure)
        if failures:
            raise ExceptionGroup("Not every reading of the market went on.", failures)
        return most

    async def _reading(self) -> Sequence[Generation]:
        async with self.work:
            reading = await self.generations.reading()
            if GenerationState.LIVE not in reading:
                begun = await self.generations.begin(GenerationState.LIVE, at=self.clock.now())
                if begun is not None:
                    # Of a reading whose tables were dropped, the position may be left.
                    await self.feed.forget(begun.reader)
                reading = await self.generations.reading()
        return [*reading.values()]

    async def _read_on(self, generation: Generation) -> int:
        async with self.work:
            position = await self.feed.take(generation.reader)
            if position is None:
                return 0
            reading = await self.generations.reading()
            now = reading.get(generation.state)
            if now is None or now.id != generation.id:  # it was replaced, or put in place
                if GenerationState.BUILDING not in reading:
                    await self.feed.forget(NEW_READER)  # unless it is that of another one by now
                return 0
            batch = await self.feed.behind(position, limit=BATCH)
            if now.state is GenerationState.BUILDING:
                # Never ahead of the live one, so that there are moments when both are as far.
                live = await self.feed.at(reading[GenerationState.LIVE].reader)
                batch = [each for each in batch if each[0] <= live]
            if batch:
                await self._take_over(now, [event for _, event in batch if event.kind in READERS])
                await self.feed.move(now.reader, batch[-1][0], at=self.clock.now())
        return len(batch)

    async def _take_over(self, generation: Generation, events: Sequence[PublicEvent]) -> None:
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
        if events:
            await self.generations.advance(generation, days)


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
