"""A day is taken down once, whoever does so how often and whatever stops them (B24)."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from apps.market.application.collect import (
    LEASE,
    MOST_ATTEMPTS,
    Collect,
    ListCollections,
    RepeatCollections,
    Snapshots,
    Window,
)
from apps.market.application.generations import GenerationState
from apps.market.application.index_market import Calendar
from apps.market.application.rebuild_market import BeginRebuild, FinishRebuild
from apps.market.infrastructure.snapshots import SqlSnapshots
from tests.identity.stage import built
from tests.market.days import (
    ALL,
    DAYS,
    FIRST,
    SNAPSHOT,
    a_market,
    collect,
    jobs,
    plan,
    snapshots,
)
from tests.market.test_index import index
from tests.support.site import Site
from tests.support.told import Telling, fans, tell

LAST = FIRST + timedelta(days=DAYS - 1)


class Killed(BaseException):
    """As if its process had ended."""


async def test_days_are_taken_down_once_and_add_up(url: str, keys: Path) -> None:
    async with a_market(url, keys) as (site, _, (first, second)):
        await plan(site)
        await collect(site)
        taken = await snapshots(site)
        assert len(taken) == 2 * DAYS
        figures = (
            *(SNAPSHOT.card_id, SNAPSHOT.copies, SNAPSHOT.free, SNAPSHOT.wanted),
            *(SNAPSHOT.proposals, SNAPSHOT.completions, SNAPSHOT.completers),
        )
        assert set(await site.ask(select(SNAPSHOT.day))) == set(ALL)
        assert {
            (card, *told)
            for card, *told in [
                tuple(row) for row in await rows_of(site, select(*figures), day=LAST)
            ]
        } == {(first, 4, 0, 12, 1, 1, 2), (second, 8, 4, 8, 1, 1, 2)}
        assert await jobs(site, "state", "attempts", "rows") == [(day, "done", 1, 2) for day in ALL]
        await plan(site)
        await collect(site)
        assert await snapshots(site) == taken
        assert await jobs(site, "attempts") == [(day, 1) for day in ALL]


async def rows_of(site: Site, question: Any, *, day: date) -> list[Any]:
    async with (await site.engine()).connect() as connection:
        return list(await connection.execute(question.where(SNAPSHOT.day == day)))


async def test_taken_again_it_is_the_same_after_more_events_and_a_new_reading(
    url: str, keys: Path
) -> None:
    async with a_market(url, keys) as (site, clock, (first, _)):
        await plan(site)
        await collect(site)
        before = await snapshots(site)
        windows = await jobs(site, "behind_event", "watermark")
        telling = Telling(LAST)
        telling.copy(first, *fans(1))  # of the last day still, but told too late
        telling.day += timedelta(days=1)
        telling.copy(first, *fans(1))
        await tell(site, telling)
        begin, finish = await site.port(BeginRebuild), await site.port(FinishRebuild)
        _ = await begin()
        await index(site)
        assert await finish() is not None
        repeat = await site.port(RepeatCollections)
        assert await repeat(FIRST, LAST) == 2 * DAYS
        await collect(site)
        assert await snapshots(site) == before
        assert await jobs(site, "behind_event", "watermark") == windows
        clock.at += timedelta(days=1)
        await plan(site)
        await collect(site)
        told = await rows_of(site, select(SNAPSHOT.copies), day=LAST + timedelta(days=1))
        assert sorted(copies for (copies,) in told) == [6, 8]
        # The control: from other events it would be something else.
        await site.run(
            "UPDATE collection_jobs SET watermark = watermark + 2 WHERE day = :d", d=LAST
        )
        _ = await repeat(LAST, LAST)
        await collect(site)
        assert [row for row in await snapshots(site) if row in before] != before


class Dying(SqlSnapshots):
    """Ends in the middle, as often as it is told."""

    deaths: list[BaseException]

    async def take(self, day: date, window: Window) -> int:
        taken = await super().take(day, window)
        if self.deaths:
            raise self.deaths.pop()
        return taken


async def test_what_was_begun_and_not_ended_is_taken_after_its_lease(url: str, keys: Path) -> None:
    async with a_market(url, keys, built(Snapshots, Dying)) as (site, clock, _):
        await plan(site)
        dying: Any = await site.port(Snapshots)
        dying.deaths = [Killed()]
        do = await site.port(Collect)
        with pytest.raises(Killed):
            _ = await do()
        ((day, state, watermark), *_) = await jobs(site, "state", "watermark")
        assert (day, state) == (FIRST, "running")
        assert await snapshots(site) == []
        await collect(site)
        assert [day for (day,) in await rows_of_days(site)] == ALL[1:]
        clock.at += LEASE + timedelta(seconds=1)
        await collect(site)
        assert await jobs(site, "state", "attempts") == [
            (day, "done", 2 if day == FIRST else 1) for day in ALL
        ]
        assert (FIRST, watermark) in await jobs(site, "watermark")
        assert len(await snapshots(site)) == 2 * DAYS


async def rows_of_days(site: Site) -> list[Any]:
    async with (await site.engine()).connect() as connection:
        days = select(SNAPSHOT.day).group_by(SNAPSHOT.day).order_by(SNAPSHOT.day)
        return list(await connection.execute(days))


async def test_what_fails_again_and_again_waits_for_an_operator(url: str, keys: Path) -> None:
    async with a_market(url, keys, built(Snapshots, Dying)) as (site, clock, _):
        await plan(site)
        dying: Any = await site.port(Snapshots)
        dying.deaths = [ValueError("The disk is full.") for _ in range(MOST_ATTEMPTS)]
        do = await site.port(Collect)
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(ValueError, match="disk"):
                _ = await do()
        await collect(site)
        listed = await (await site.port(ListCollections))(FIRST, FIRST)
        assert [(each.kind, each.state, each.error) for each in listed] == [
            ("snapshot", "failed", "ValueError: The disk is full."),
            ("conditions", "ready", None),
        ]
        assert len(await snapshots(site)) == 2 * (DAYS - 1)
        _ = await (await site.port(RepeatCollections))(FIRST, FIRST)
        dying.deaths = [Killed() for _ in range(MOST_ATTEMPTS)]
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(Killed):
                _ = await do()
            clock.at += LEASE + timedelta(seconds=1)
        assert await do() == 0
        assert (FIRST, "failed") in await jobs(site, "state")
        _ = await (await site.port(RepeatCollections))(FIRST, FIRST)
        await collect(site)
        assert await jobs(site, "state", "error") == [(day, "done", None) for day in ALL]
        assert await jobs(site, "state", kind="conditions") == [(day, "done") for day in ALL]


async def test_a_day_waits_until_all_of_its_events_are_read(url: str, keys: Path) -> None:
    async with a_market(url, keys) as (site, _, (first, __)):
        telling = Telling(LAST)
        telling.copy(first, *fans(1))
        await tell(site, telling, read=False)
        await plan(site)
        await collect(site)
        assert await jobs(site, "state", "attempts") == [
            *((day, "done", 1) for day in ALL[:-1]),
            (LAST, "ready", 0),
        ]
        await index(site)
        await collect(site)
        told = await rows_of(site, select(func.sum(SNAPSHOT.copies)), day=LAST)
        assert [int(copies) for (copies,) in told] == [3 * DAYS + 1]


class Hasty(SqlSnapshots):
    """Takes what is read for all there is."""

    async def _all_read(self, day: date) -> int | None:
        del day
        return (await self._generations.reading())[GenerationState.LIVE].events


async def test_without_waiting_it_would_be_taken_from_some_of_them(url: str, keys: Path) -> None:
    """The control."""
    async with a_market(url, keys, built(Snapshots, Hasty)) as (site, _, (first, __)):
        telling = Telling(LAST)
        telling.copy(first, *fans(1))
        await tell(site, telling, read=False)
        await plan(site)
        await collect(site)
        told = await rows_of(site, select(func.sum(SNAPSHOT.copies)), day=LAST)
        assert [int(copies) for (copies,) in told] == [3 * DAYS]


async def test_a_day_is_planned_once_it_is_over_for_everybody(url: str, keys: Path) -> None:
    async with a_market(url, keys) as (site, clock, _):
        here = (await site.port(Calendar)).zone
        clock.at = datetime(2026, 4, 2, 0, 5, tzinfo=here)
        await plan(site)
        assert await jobs(site) == [(day,) for day in ALL[:-2]]
        clock.at += timedelta(minutes=10)
        await plan(site)
        assert await jobs(site) == [(day,) for day in ALL[:-1]]
