"""How far the market is behind its events, and what an event does to it that cannot be read."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import select

from apps.market.application.index_market import IndexMarket
from apps.market.infrastructure.models import MarketDayModel
from apps.shared.application.outbox import ListConsumers
from tests.market.test_index import index, rows
from tests.support.market_events import Row, tell
from tests.support.site import Site

NOON = datetime(2026, 5, 24, 4, tzinfo=UTC)
NUMBERS = count(1)


def entered(at: datetime, **told: str) -> Row:
    ids = {"card": str(UUID(int=1)), "owner": str(UUID(int=2))}
    id = UUID(int=next(NUMBERS))
    return id, "copy", id, "copy_entered", ids | {"for_trade": True} | told, at


async def waiting(site: Site) -> int:
    progress = await (await site.port(ListConsumers))()  # type: ignore[type-abstract]
    return {each.consumer: each.waiting for each in progress}["market"]


async def test_an_event_that_cannot_be_read_holds_the_reading_up_and_is_seen_to(site: Site) -> None:
    """As it is with every consumer: it is tried again, and what waits behind it is counted."""
    await tell(site, iter([entered(NOON), entered(NOON, card="none"), entered(NOON)]), 3)
    indexer = await site.port(IndexMarket)
    for _ in range(2):
        with pytest.raises(ExceptionGroup, match="Not every reading") as failure:
            _ = await indexer()
        assert failure.value.exceptions[0].__notes__ == ["This is of reading 1 of the market."]
        assert await waiting(site) == 3


async def test_what_waits_is_counted_until_it_is_read(site: Site) -> None:
    assert await waiting(site) == 0
    await tell(site, iter([entered(NOON), entered(NOON)]), 2)
    assert await waiting(site) == 2
    await index(site)
    assert await waiting(site) == 0


async def test_days_never_go_back(site: Site) -> None:
    """A transaction that began before midnight may be told behind one that began after it."""
    day = timedelta(days=1)
    late = [NOON + day, NOON, NOON + day, NOON + 2 * day, NOON - 5 * day, NOON + 2 * day]
    await tell(site, map(entered, late), len(late))
    await index(site)
    days = select(MarketDayModel.day, MarketDayModel.first_event)
    assert await rows(site, days) == [(date(2026, 5, 25), 1), (date(2026, 5, 26), 4)]
