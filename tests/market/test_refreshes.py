"""What there is of each card now: made anew all the while, and never seen half done (B23)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from apps.market.application.refresh_market import RefreshMarket
from apps.market.infrastructure.card_market import CardMarketModel, MarketRefreshModel
from apps.market.infrastructure.models import MarketGenerationModel
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.test_index import everything, index, rows
from tests.support.builders import FixedClock
from tests.support.site import Site

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
