"""Snapshots lie in months on PostgreSQL, which are there before anything is put into them."""

from asyncio import gather
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from apps.market.application.refresh_market import RefreshMarket
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.privileges import SCRIPT, SERVING
from tests.identity.stage import serving
from tests.market.days import a_market, collect, jobs, plan, snapshots
from tests.operations.test_roles import as_role
from tests.support.builders import FixedClock
from tests.support.catalog import catalog, connected, execute
from tests.support.site import Site
from tests.support.told import Telling, fans, tell

MONTHS = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'card_snapshots'::regclass ORDER BY 1
"""
MAKE = "SELECT make_card_snapshots_month($1)"
DROP = "SELECT drop_card_snapshots_month($1)"
YEARS_AGO = date(2019, 12, 31)
ROW = """
    INSERT INTO card_snapshots SELECT $2, $1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, NULL, 0
"""


async def months(url: str) -> list[str]:
    connection = await connected(url)
    try:
        return [row[0] for row in await connection.fetch(MONTHS)]
    finally:
        await connection.close()


async def test_the_service_makes_them_though_it_may_define_nothing(
    postgresql: str, keys: Path
) -> None:
    """At the turn of a month, and for a past that is told later."""
    execute(postgresql, SCRIPT)
    before = catalog(postgresql)
    async with a_market(as_role(postgresql, SERVING), keys) as (site, _, _):
        await plan(site)
        await collect(site)
        assert await months(postgresql) == [f"card_snapshots_2026_0{each}" for each in (3, 4, 5)]
        days = {row[0] for row in await snapshots(site)}
        assert {day.month for day in days} == {3, 4}
        assert await (await site.port(RefreshMarket))() == 1
        with pytest.raises(Exception, match="permission denied"):
            await site.run("CREATE TABLE mine (id integer)")
    assert await counted(postgresql, "card_snapshots_2026_03") == 4
    assert await counted(postgresql, "card_snapshots_2026_04") == 4
    assert catalog(postgresql) == before


async def counted(url: str, table: str) -> int:
    connection = await connected(url)
    try:
        return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))
    finally:
        await connection.close()


async def test_years_past_are_filled_in_order(url: str, keys: Path) -> None:
    clock = FixedClock(datetime(2020, 1, 3, 12, tzinfo=UTC))
    async with Site(url, keys, serving(Clock, clock)) as site:
        (card,) = await site.some_cards(1)
        telling = Telling(YEARS_AGO)
        telling.copy(card, *fans(1))
        telling.day += timedelta(days=2)
        telling.copy(card, *fans(1))
        await tell(site, telling)
        await plan(site)
        await collect(site)
        told = {row[0]: row[2] for row in await snapshots(site)}
        there = [YEARS_AGO + timedelta(days=number) for number in range(3)]
        assert [told[day] for day in there] == [1, 1, 2]
        assert (await jobs(site, "state"))[:3] == [(day, "done") for day in there]


async def test_a_month_is_made_beside_readers_and_writers(postgresql: str) -> None:
    reader, maker = await connected(postgresql), await connected(postgresql)
    try:
        await maker.execute("SET lock_timeout = '500ms'")
        assert await maker.fetchval(MAKE, YEARS_AGO)
        async with reader.transaction():
            _ = await reader.fetch("SELECT * FROM card_snapshots")
            await reader.execute("DELETE FROM card_snapshots WHERE day = '2019-12-31'")
            assert await maker.fetchval(MAKE, date(2020, 1, 31))
            assert not await maker.fetchval(MAKE, date(2020, 1, 1))
            # The control: a month that is made in its place waits for everybody.
            with pytest.raises(asyncpg.LockNotAvailableError):
                await maker.execute(
                    "CREATE TABLE card_snapshots_2020_02 PARTITION OF card_snapshots"
                    " FOR VALUES FROM ('2020-02-01') TO ('2020-03-01')"
                )
    finally:
        await gather(reader.close(), maker.close())


async def test_many_make_one_month_and_only_an_empty_one_is_dropped(postgresql: str) -> None:
    makers = [await connected(postgresql) for _ in range(4)]
    try:
        made = await gather(*(each.fetchval(MAKE, YEARS_AGO) for each in makers))
        assert sorted(made) == [False, False, False, True]
        (maker, *_) = makers
        with pytest.raises(asyncpg.CheckViolationError):
            await maker.execute(ROW, uuid7(), date(2020, 1, 1))
        await maker.execute(ROW, uuid7(), YEARS_AGO)
        assert not await maker.fetchval(DROP, YEARS_AGO)
        await maker.execute("DELETE FROM card_snapshots")
        assert await maker.fetchval(DROP, YEARS_AGO)
        assert await months(postgresql) == []
    finally:
        _ = await gather(*(each.close() for each in makers))
