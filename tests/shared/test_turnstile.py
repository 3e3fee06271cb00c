"""Units of work wait for their turn, and give everything back however they end."""

import asyncio
from contextlib import suppress
from pathlib import Path

import aiosqlite
import pytest
from sqlalchemy import event, make_url, text

from apps.shared.application.outbox import Outbox
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.meters import PrometheusMeters
from apps.shared.infrastructure.unit_of_work import SqlUnitOfWork, Turnstile
from tests.support.catalog import connected
from tests.support.site import elsewhere
from tests.support.workshop import Workshop, a_shelf

CROWD = 64
BUSY_AT_ONCE = text("PRAGMA busy_timeout = 0")


class Count:
    """How many are inside, and how many ever were at once; nobody leaves before `company` are."""

    def __init__(self, company: int) -> None:
        self.now = self.most = 0
        self.met = asyncio.Barrier(company)

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *error: object) -> None:
        self.now -= 1


async def write(workshop: Workshop, number: int, inside: Count, work: UnitOfWork) -> None:
    async with work:
        with inside:
            await workshop.shelves.add(a_shelf(str(number)))
            await inside.met.wait()


async def crowd(
    workshop: Workshop, work: UnitOfWork, company: int = 1
) -> tuple[Count, list[object]]:
    inside = Count(company)
    writers = (elsewhere(write(workshop, number, inside, work)) for number in range(CROWD))
    return inside, list(await asyncio.gather(*writers, return_exceptions=True))


async def test_of_a_crowd_of_writers_each_succeeds(workshop: Workshop) -> None:
    one_by_one = await workshop.dialect() == "sqlite"
    inside, outcomes = await crowd(workshop, workshop.work, company=1 if one_by_one else 2)
    assert outcomes == [None] * CROWD
    assert len(await workshop.labels()) == CROWD
    assert inside.most <= (1 if one_by_one else workshop.settings.db_pool_size)


async def test_without_the_turnstile_writers_fight_over_the_database(
    sqlite: str, keys: Path
) -> None:
    """The control: SQLite itself lets nobody wait in line."""
    async with Workshop(sqlite, keys, db_pool_size=CROWD + 1) as workshop:
        engine = await workshop.engine()

        @event.listens_for(engine.sync_engine, "connect")
        def lose_patience(connection: object, _: object) -> None:
            connection.execute("PRAGMA busy_timeout = 0")  # type: ignore[attr-defined]

        await engine.dispose()
        open_door = Turnstile(engine, PrometheusMeters(), pool_size=CROWD)
        open_door._free = asyncio.Semaphore(CROWD)  # noqa: SLF001
        outbox = await workshop.port(Outbox)  # type: ignore[type-abstract]
        work = SqlUnitOfWork(engine, open_door, workshop.current, workshop.town, outbox)
        async with work:
            await workshop.shelves.add(a_shelf("first"))
            _, outcomes = await crowd(workshop, work)
        assert all(isinstance(outcome, Busy) for outcome in outcomes)


async def test_no_more_units_than_connections_are_inside_at_once(
    postgresql: str, keys: Path
) -> None:
    async with Workshop(postgresql, keys, db_pool_size=2) as workshop:
        inside, outcomes = await crowd(workshop, workshop.work, company=2)
        assert (inside.most, outcomes) == (2, [None] * CROWD)


async def test_who_waits_too_long_for_a_turn_hears_that_it_is_busy(url: str, keys: Path) -> None:
    async with Workshop(url, keys, db_pool_size=1, db_pool_timeout_s=0.01) as workshop:
        async with workshop.work:
            with pytest.raises(Busy):
                await elsewhere(workshop.stand(a_shelf("late")))
        await workshop.stand(a_shelf("in time"))
        assert await workshop.labels() == {"in time"}


async def test_a_writer_outside_of_this_process_is_waited_for_and_then_it_is_busy(
    sqlite: str, keys: Path
) -> None:
    async with Workshop(sqlite, keys) as workshop:
        engine = await workshop.engine()
        async with engine.connect() as connection:
            await connection.execute(BUSY_AT_ONCE)
        file = make_url(sqlite).database or ""
        async with aiosqlite.connect(file, isolation_level=None) as stranger:
            await stranger.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                with pytest.raises(Busy):
                    await workshop.stand(a_shelf("late"))
                assert await workshop.connections_in_use() == 0
            await stranger.execute("ROLLBACK")
        await workshop.stand(a_shelf("in time"))


async def test_a_request_that_is_cancelled_inside_gives_everything_back(
    url: str, keys: Path
) -> None:
    async with Workshop(url, keys, db_pool_size=1) as workshop:
        for _ in range(3):
            inside = asyncio.Event()

            async def linger(inside: asyncio.Event = inside) -> None:
                async with workshop.work:
                    await workshop.shelves.add(a_shelf("lost"))
                    inside.set()
                    await asyncio.Event().wait()

            task = elsewhere(linger())
            await inside.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await workshop.connections_in_use() == 0
        await workshop.stand(a_shelf("next"))
        assert await workshop.labels() == {"next"}


async def test_a_request_that_is_cancelled_anywhere_gives_everything_back(
    url: str, keys: Path
) -> None:
    """Cancelled after one step of the loop, after two, after three …: at every await in turn."""
    async with Workshop(url, keys, db_pool_size=1) as workshop:
        steps, done = 0, False
        while not done:
            task = elsewhere(workshop.stand(a_shelf(f"{steps}")))
            for _ in range(steps):
                await asyncio.sleep(0)
            done = task.done()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            steps += 1
        assert steps > 3
        assert await workshop.connections_in_use() == 0
        await workshop.stand(a_shelf("next"))


async def test_who_is_cancelled_while_waiting_leaves_no_gap(url: str, keys: Path) -> None:
    async with Workshop(url, keys, db_pool_size=1) as workshop:
        async with workshop.work:
            waiting = [elsewhere(workshop.stand(a_shelf(str(number)))) for number in range(3)]
            await asyncio.sleep(0)
            waiting[1].cancel()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome).__name__ for outcome in outcomes] == [
            "Shelf",
            "CancelledError",
            "Shelf",
        ]
        assert await workshop.labels() == {"0", "2"}


async def test_a_connection_that_died_is_replaced(postgresql: str, keys: Path) -> None:
    async with Workshop(postgresql, keys, db_pool_size=1) as workshop:
        with pytest.raises(Busy):
            async with workshop.work:
                session = workshop.current.session
                mine = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
                await elsewhere(kill(postgresql, mine))
                await workshop.shelves.add(a_shelf("lost"))
        assert await workshop.connections_in_use() == 0
        await workshop.stand(a_shelf("next"))
        assert await workshop.labels() == {"next"}


async def kill(url: str, backend: int) -> None:
    connection = await connected(url)
    try:
        await connection.execute("SELECT pg_terminate_backend($1, 5000)", backend)
    finally:
        await connection.close()
