"""What is taken down is of one reading and of whole days, whatever goes on beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.catalogue.contract import CardId
from apps.market.application.archive_snapshots import ArchiveSnapshots
from apps.market.application.collect import (
    LEASE,
    Collect,
    RepeatCollections,
    Snapshots,
)
from apps.market.application.rebuild_market import BeginRebuild, FinishRebuild, ForgetReadings
from apps.market.application.take_conditions import ConditionRecords, SnapshotsArchived
from apps.market.infrastructure.condition_records import SqlConditionRecords
from apps.market.infrastructure.snapshots import SqlSnapshots
from apps.shared.application.jobs import LeaseLost
from apps.shared.application.outbox import Feed, Position, PublicEvent
from tests.identity.stage import built
from tests.market.days import ALL, FIRST, a_market, collect, jobs, plan, snapshots
from tests.market.test_index import index
from tests.support.site import Site, elsewhere
from tests.support.told import Telling, fans, tell

LAST = ALL[-1]


class Slow(SqlSnapshots):
    """Takes its time between two statements, in which the reading is replaced and forgotten."""

    meanwhile: Any = None

    async def _waits(self, *of: Any) -> Any:
        if self.meanwhile is not None:
            await elsewhere(self.meanwhile())
        return await super()._waits(*of)


async def test_of_a_reading_that_is_put_aside_all_is_there_as_long_as_it_is_read(
    postgresql: str, keys: Path
) -> None:
    """SQLite has one writer."""
    async with a_market(postgresql, keys, built(Snapshots, Slow)) as (site, _, __):
        await plan(site)
        await collect(site)
        before = await snapshots(site)
        assert {waiters for *_, waiters in before} == {0, 1}
        slow: Any = await site.port(Snapshots)
        finish, forget = await site.port(FinishRebuild), await site.port(ForgetReadings)

        async def replaced() -> None:
            _ = await (await site.port(BeginRebuild))()
            await index(site)
            assert await finish() is not None
            while await forget():
                pass

        slow.meanwhile = replaced
        assert await (await site.port(RepeatCollections))(FIRST, FIRST) == 2
        assert await (await site.port(Collect))() == 1
        assert await snapshots(site) == before
        assert await forget() > 0


class Reading:
    """A feed of which somebody else reads a batch before its position is held."""

    def __init__(self, feed: Feed, site: Site) -> None:
        self.feed, self.site = feed, site

    async def take(self, consumer: str) -> Position | None:
        await elsewhere(index(self.site))
        return await self.feed.take(consumer)

    async def behind(
        self, position: Position, *, limit: int
    ) -> Sequence[tuple[Position, PublicEvent]]:
        return await self.feed.behind(position, limit=limit)


@pytest.mark.parametrize("days", [0, 1])
async def test_what_is_read_just_then_counts_for_its_own_day(
    postgresql: str, keys: Path, days: int
) -> None:
    """A late event of this day, or an early one of the next."""
    async with a_market(postgresql, keys) as (site, _, (first, __)):
        told = Telling(LAST + timedelta(days=days))
        told.copy(first, *fans(1))
        await tell(site, told, read=False)
        await plan(site)
        snapshots: Any = await site.port(Snapshots)
        real = snapshots._feed  # noqa: SLF001
        snapshots._feed = Reading(real, site)  # noqa: SLF001
        await collect(site)
        ((_, behind, last),) = (await jobs(site, "behind_event", "watermark"))[-1:]
        assert last - behind == 9 + (1 - days)


async def test_who_has_lost_the_lease_writes_nothing_though_it_is_done_again(
    url: str, keys: Path
) -> None:
    """Attempts are counted anew then, so that two holders may be at the same one."""
    async with a_market(url, keys) as (site, clock, _):
        await plan(site)
        do, again = await site.port(Collect), await site.port(RepeatCollections)
        settle, windows = Collect._settled, []  # noqa: SLF001
        told: list[Any] = []

        async def delayed(self: Collect, job: Any, collector: Any) -> Any:
            if not told:
                told.append(job)
                clock.at += LEASE + timedelta(seconds=1)
                assert await do() == 1
                windows.extend(await jobs(site, "behind_event", "watermark"))
                assert await again(FIRST, FIRST) == 1
                # It is taken once more, and its holder dies.
                taken = await take(site, clock)
                assert (taken.id, taken.attempt) == (job.id, job.attempt)
                late = replace(job, window=None)
                wrong: Any = Wrong(collector)
                return await settle(self, late, wrong)
            return await settle(self, job, collector)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Collect, "_settled", delayed)
            with pytest.raises(LeaseLost):
                _ = await do()
        assert await jobs(site, "behind_event", "watermark") == windows
        assert (FIRST, "running") in await jobs(site, "state")


async def take(site: Site, clock: Any) -> Any:
    do = await site.port(Collect)
    async with do.work:
        return await do.collections.take(at=clock.now(), lease=LEASE)


class Wrong:
    """Settles another window than was settled before."""

    def __init__(self, collector: Any) -> None:
        self.collector = collector

    async def window(self, day: Any) -> Any:
        settled = await self.collector.window(day)
        return replace(settled, watermark=settled.watermark - 1)


class Watched(SqlConditionRecords):
    """Reads snapshots one after the other, while months of them leave."""

    meanwhile: Any = None

    async def completions(self, since: date, until: date) -> Mapping[CardId, int]:
        read = await super().completions(since, until)
        if self.meanwhile is not None:
            await elsewhere(self.meanwhile())
        return read


async def test_conditions_follow_from_snapshots_that_are_there_to_the_end(
    postgresql: str, keys: Path
) -> None:
    async with a_market(postgresql, keys, built(ConditionRecords, Watched)) as (site, _, __):
        await plan(site)
        await collect(site)
        watched: Any = await site.port(ConditionRecords)

        async def leave() -> None:
            await site.run("DELETE FROM card_snapshots")

        watched.meanwhile = leave
        await site.run("UPDATE collection_jobs SET state = 'ready' WHERE kind = 'conditions'")
        with pytest.raises(SnapshotsArchived):
            _ = await (await site.port(Collect))()


async def test_a_month_of_which_a_day_is_being_taken_down_again_stays(
    postgresql: str, keys: Path
) -> None:
    async with a_market(postgresql, keys, built(Snapshots, Slow)) as (site, _, __):
        await plan(site)
        await collect(site)
        before, kept = await snapshots(site), []
        archive = await site.port(ArchiveSnapshots)
        slow: Any = await site.port(Snapshots)
        answers: list[Any] = []

        async def leave() -> None:
            answers.extend([each async for each in archive(LAST, lambda *told: kept.append(told))])

        slow.meanwhile = leave
        assert await (await site.port(RepeatCollections))(FIRST, FIRST) == 2
        assert await (await site.port(Collect))() == 1
        assert (answers, kept) == ([(FIRST.replace(day=1), None)], [])
        assert await snapshots(site) == before


async def test_no_event_counts_for_two_days_though_the_later_one_is_settled_first(
    url: str, keys: Path
) -> None:
    """Whoever held the earlier one is gone, and another event of it has come late."""
    async with a_market(url, keys) as (site, clock, (first, _)):
        await plan(site)
        await collect(site)
        clock.at += timedelta(days=2)
        await plan(site)
        assert (await take(site, clock)).day == LAST + timedelta(days=1)
        await collect(site)
        told = Telling(LAST)
        told.copy(first, *fans(1))
        await tell(site, told)
        clock.at += LEASE + timedelta(seconds=1)
        await collect(site)
        windows = [window for _, *window in await jobs(site, "behind_event", "watermark")]
        assert [behind for behind, _ in windows] == [0, *(last for _, last in windows[:-1])]
