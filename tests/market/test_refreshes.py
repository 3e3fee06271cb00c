"""What there is of each card now: made anew all the while, and never seen half done (B23)."""

from asyncio import Event, create_task, gather, sleep, timeout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, select, true

from apps.market.application.refresh_market import RefreshMarket
from apps.market.infrastructure.card_market import CardMarketModel, MarketRefreshModel
from apps.market.infrastructure.models import MarketGenerationModel
from apps.market.infrastructure.refreshes import REMAKE
from apps.market.wiring import RECURRING
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.days import SNAPSHOT, collect, plan
from tests.market.test_index import everything, index, rows
from tests.support.budget import Budget
from tests.support.builders import FixedClock
from tests.support.catalog import connected
from tests.support.site import Site
from tests.support.told import Telling, fans, tell

CARD, REFRESH = CardMarketModel, MarketRefreshModel


async def test_figures_are_of_all_that_is_read(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        refresh = await site.port(RefreshMarket)
        assert await refresh() == 0
        _ = await everything(site)
        await index(site)
        assert await refresh() == 1
        first, second, third = await site.some_cards(3)
        told = {card: tuple(each) for card, *each in await rows(site, select(*CARD.__table__.c))}
        assert told == {
            first: (1, 1, 0, 0, 0, 0, 1, 1, 1, 2, 1, 2),
            second: (1, 1, 0, 0, 0, 0, 0, 0, 1, 2, 1, 2),
            third: (1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0),
        }
        (read,) = await site.ask(select(MarketGenerationModel.events))
        assert await site.ask(select(REFRESH.watermark)) == [read]
        (before,) = await site.ask(select(REFRESH.refreshed_at))
        assert await refresh() == 0
        (after,) = await site.ask(select(REFRESH.refreshed_at))
        assert after > before
    later = serving(Clock, FixedClock(datetime.now(UTC) + timedelta(days=32)))
    async with Site(url, keys, later) as site:
        refresh = await site.port(RefreshMarket)
        assert [await refresh(), await refresh()] == [1, 0]
        passed = select(CARD.copies, CARD.proposals_30d, CARD.completers_30d)
        assert await rows(site, passed) == [(1, 0, 0)] * 3


async def test_what_was_swapped_counts_for_the_card_that_is_left_of_several(site: Site) -> None:
    """One is merged into another, and that into a third one, by day and now."""
    first, second, third, other = await site.some_cards(4)
    ann, bea = fans(2)
    told = Telling(datetime.now(UTC).date() - timedelta(days=3))
    _ = told.want(bea, first)
    _ = told.swap((ann, told.copy(first, ann)), (bea, told.copy(other, bea)))
    for card, into in ((first, second), (second, third)):
        _ = told.tell("card_merged", "card", card, card=str(card), into=str(into))
    told.day += timedelta(days=1)
    _ = told.copy(other, ann)
    await tell(site, told)
    refresh = await site.port(RefreshMarket)
    assert await refresh() == 1
    now = await rows(site, select(CARD.card_id, CARD.proposals_30d, CARD.completions_30d))
    assert {card: tuple(each) for card, *each in now} == {third: (1, 1), other: (1, 1)}
    await plan(site)
    await collect(site)
    days = await rows(
        site, select(SNAPSHOT.card_id, SNAPSHOT.waiters).where(SNAPSHOT.proposals == 1)
    )
    assert dict(days) == {third: 1, other: 0}


def test_figures_are_never_older_than_a_minute() -> None:
    """Also where making them takes some seconds."""
    (refresh,) = [each for each in RECURRING if each.use_case is RefreshMarket]
    assert refresh.every <= timedelta(seconds=50)


READ = select(func.count(), func.min(REFRESH.watermark)).select_from(CARD).join(REFRESH, true())
READERS = 4


@dataclass(frozen=True, slots=True)
class Play:
    """So many cards, made anew so often."""

    cards: int
    rounds: int


SHORT, LONG = Play(cards=40, rounds=12), Play(cards=2_000, rounds=1_000)


@dataclass
class Readers:
    """Read all the while; note how many cards there were, and of which event."""

    site: Site
    over: Event = field(default_factory=Event)
    seen: list[tuple[int, int]] = field(default_factory=list)

    async def read(self) -> None:
        engine = await self.site.engine()
        while not self.over.is_set():
            async with engine.connect() as connection:
                row = (await connection.execute(READ)).one()
            self.seen.append((row[0], row[1] or 0))
            await sleep(0)


async def play(site: Site, refresh: Any, much: Play = SHORT) -> Readers:
    """Make the figures of many cards anew again and again, while others read them."""
    telling = Telling(date(2026, 3, 30))
    for card in fans(much.cards):
        telling.copy(card, *fans(1))
    await tell(site, telling)
    assert await (await site.port(RefreshMarket))() == 1
    readers = Readers(site)
    tasks = [create_task(readers.read()) for _ in range(READERS)]
    for card in fans(much.rounds):
        telling.copy(card, *fans(1))
        await tell(site, telling)
        await refresh()
    readers.over.set()
    await gather(*tasks)
    return readers


async def test_readers_see_all_of_it_all_the_while(url: str, keys: Path, budget: Budget) -> None:
    much = budget.of(SHORT, LONG)
    async with Site(url, keys) as site:
        refresh = await site.port(RefreshMarket)
        readers = await play(site, refresh, much)
        budget.tell(f"{len(readers.seen)} looks during {much.rounds} refreshes")
        assert len(readers.seen) > much.rounds
        assert min(cards for cards, _ in readers.seen) >= much.cards
        # Figures and the event that they are of come together.
        assert {cards - watermark for cards, watermark in readers.seen} == {0}
        assert [len(await site.ask(select(CARD.card_id)))] == [much.cards + much.rounds]


async def test_in_two_steps_they_would_see_nothing(sqlite: str, keys: Path) -> None:
    """The control."""
    async with Site(sqlite, keys) as site:
        delete, *insert = REMAKE["sqlite"]

        async def in_two_steps() -> None:
            await site.run(delete)
            await sleep(0.02)
            for statement in insert:
                await site.run(statement)

        readers = await play(site, in_two_steps)
        assert min(cards for cards, _ in readers.seen) == 0


async def test_who_reads_for_long_holds_nothing_up(postgresql: str, keys: Path) -> None:
    """The control: a refresh that is not concurrent would wait, and all others behind it."""
    async with Site(postgresql, keys) as site:
        _ = await play(site, await site.port(RefreshMarket))
        other, maker = await connected(postgresql), await connected(postgresql)
        try:
            async with other.transaction():
                assert await other.fetchval("SELECT count(*) FROM card_market")
                async with timeout(5):
                    await maker.execute("SELECT refresh_card_market()")
                await maker.execute("SET lock_timeout = '300ms'")
                with pytest.raises(asyncpg.LockNotAvailableError):
                    await maker.execute("REFRESH MATERIALIZED VIEW card_market")
        finally:
            _ = await gather(other.close(), maker.close())
