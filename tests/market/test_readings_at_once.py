"""Readings are begun, put in place and forgotten by many at once, and none takes from another."""

from asyncio import Event, create_task, gather, sleep
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import func, select

from apps.market.application.generations import GenerationState
from apps.market.application.index_market import IndexMarket
from apps.market.application.rebuild_market import (
    BeginRebuild,
    Comparison,
    FinishRebuild,
    ForgetReadings,
    RebuildMarket,
    RebuildUnderWay,
)
from apps.market.application.refresh_market import RefreshMarket
from apps.market.infrastructure import readings
from apps.market.infrastructure.models import MarketGenerationModel, MarketMoveModel
from apps.market.infrastructure.readings import SqlOldReadings
from tests.market.test_index import everything, index, rows
from tests.support.catalog import connected
from tests.support.site import Site, elsewhere
from tests.test_migrations import move

GENERATION = MarketGenerationModel
BEFORE = "0041"
MANY = 3


async def states(site: Site) -> list[tuple[Any, ...]]:
    return await rows(site, select(GENERATION.id, GENERATION.state))


async def rebuilt(site: Site) -> Mapping[str, int] | None:
    """Read all events anew, and return where that differs from what was read before."""
    _ = await (await site.port(BeginRebuild))()
    await index(site)
    done = await (await site.port(FinishRebuild))()
    assert done is not None
    return done.differences


async def test_of_many_who_begin_one_does(url: str, keys: Path) -> None:
    async with Site(url, keys) as here, Site(url, keys) as there:
        indexers = [await each.port(IndexMarket) for each in (here, there)] * MANY
        assert set(await gather(*(elsewhere(each()) for each in indexers))) == {0}
        assert await states(here) == [(1, GenerationState.LIVE)]
        begin = [await each.port(BeginRebuild) for each in (here, there)] * MANY
        begun = await gather(*(elsewhere(each()) for each in begin), return_exceptions=True)
        assert sum(isinstance(each, RebuildUnderWay) for each in begun) == len(begin) - 1
        assert (2, GenerationState.BUILDING) in await states(here)


async def test_a_reading_begins_with_the_first_event_though_tables_were_made_anew(
    url: str, keys: Path
) -> None:
    """Positions in the outbox outlast the tables that were read into; of a rebuild as well."""
    async with Site(url, keys) as site:
        _ = await everything(site)
        await index(site)
        before = await rows(site, select(MarketMoveModel.event))
        _ = await (await site.port(BeginRebuild))()
        await index(site)
    move(command.downgrade, url, BEFORE)
    move(command.upgrade, url, "head")
    async with Site(url, keys) as site:
        await index(site)
        assert await rows(site, select(MarketMoveModel.event)) == before
        assert await rebuilt(site) == {}


async def test_who_stood_still_takes_no_position_from_a_later_rebuild(site: Site) -> None:
    _ = await everything(site)
    await index(site)
    stale = await (await site.port(BeginRebuild))()
    await index(site)
    assert await (await site.port(FinishRebuild))() is not None
    begun = await (await site.port(BeginRebuild))()
    await index(site)
    assert await (await site.port(IndexMarket))._read_on(stale) == 0  # noqa: SLF001
    await index(site)
    done = await (await site.port(FinishRebuild))()
    assert done is not None
    assert (done.id, done.differences) == (begun.id, {})


@dataclass(frozen=True)
class Slow:
    """A comparison behind which others have put that reading in place, and read yet another one."""

    compare: Comparison
    site: Site

    async def __call__(self, *both: Any) -> Mapping[str, int] | None:
        differences = await self.compare(*both)
        assert await (await self.site.port(FinishRebuild))() is not None
        _ = await (await self.site.port(BeginRebuild))()
        await index(self.site)
        return differences


async def test_what_was_not_compared_is_not_put_in_place(site: Site) -> None:
    _ = await everything(site)
    await index(site)
    _ = await (await site.port(BeginRebuild))()
    await index(site)
    finish = await site.port(FinishRebuild)
    slow: Any = Slow(finish.compare, site)
    assert await replace(finish, compare=slow)() is None
    assert (3, GenerationState.BUILDING) in await states(site)
    done = await finish()
    assert done is not None
    assert (done.id, done.differences) == (3, {})


@dataclass
class Interrupted:
    """The open unit of work, before one statement of which something else happens."""

    current: Any
    number: int
    happens: Any

    @property
    def session(self) -> "Interrupted":
        return self

    async def scalars(self, *statement: Any) -> Any:
        return await self.execute(*statement, of="scalars")

    async def execute(self, *statement: Any, of: str = "execute") -> Any:
        self.number -= 1
        if not self.number:
            await elsewhere(self.happens())
        return await getattr(self.current.session, of)(*statement)


async def test_of_a_reading_that_gets_old_meanwhile_nothing_is_left_behind(
    postgresql: str, keys: Path
) -> None:
    for number in range(1, len(readings.TABLES) + 2):
        async with Site(postgresql, keys) as site:
            if number == 1:
                _ = await everything(site)
                await index(site)
            _ = await rebuilt(site)
            _ = await (await site.port(BeginRebuild))()
            await index(site)
            forget = await site.port(ForgetReadings)
            finish = await site.port(FinishRebuild)
            current: Any = forget.old._current  # type: ignore[attr-defined]  # noqa: SLF001
            old = SqlOldReadings(Interrupted(current, number, finish))  # type: ignore[arg-type]
            _ = await replace(forget, old=old)()
            while await forget():
                pass
            ((live, state),) = await states(site)
            assert state is GenerationState.LIVE
            for table in readings.TABLES:
                left = select(func.count()).where(table.c.generation != live)
                assert await site.ask(left) == [0], (number, table.name)


async def test_a_rebuild_waits_for_figures_that_are_made_anew(postgresql: str, keys: Path) -> None:
    """Longer than for a lock, as a large market takes."""
    async with Site(postgresql, keys, db_lock_timeout_s=0.1) as site:
        _ = await everything(site)
        await index(site)
        assert await (await site.port(RefreshMarket))() == 1
        other, released = await connected(postgresql), Event()

        async def refresh() -> None:
            async with other.transaction():
                await other.execute("UPDATE market_refreshes SET watermark = watermark")
                await sleep(0.5)
                released.set()

        made = create_task(refresh())
        await sleep(0.05)
        done = await (await site.port(RebuildMarket))()
        assert released.is_set()
        assert (done.id, done.state, done.differences) == (2, GenerationState.LIVE, {})
        await made
        await other.close()
