"""How much the questions about the market ask of the database: as much of many as of few."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from apps.shared.domain.ids import MemberId
from tests.market.crowds import plant, swapped
from tests.market.test_conditions_api import plant as plant_conditions
from tests.market.test_market_api import MONDAY, RAW, refresh
from tests.market.test_market_api import plant as plant_snapshots
from tests.support.costs import Place
from tests.support.counting import CountingSite, a_counting_site
from tests.support.routes import API

FANS = [MemberId(UUID(int=number)) for number in range(1, 8)]
CARD = f"{API}/cards/{{card_id}}"
MARKET = f"{API}/market"
COSTS: dict[Place, int] = {
    ("GET", f"{CARD}/market"): 3,
    ("GET", f"{CARD}/swap-index"): 4,
    ("GET", f"{MARKET}/snapshots"): 2,
    ("GET", f"{MARKET}/conditions"): 2,
    ("GET", f"{API}/me/statistics"): 2,
}
"""Statements per request, that which tells who is asking among them."""
OF_SOME = {
    f"{CARD}/swap-index?against={{other}}": 3,
    f"{MARKET}/snapshots?card={{card_id}}&since=2026-01-01": 2,
}
"""Of the same routes, where they are asked for less."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def test_questions_cost_as_much_of_many_as_of_few(site: CountingSite) -> None:
    ann = await site.join("ann")
    card, *others = await site.some_cards(6)
    asked = {"card_id": card, "other": others[0]}
    expected = {path: number for (_, path), number in COSTS.items()} | OF_SOME
    for few_or_many in (1, 5):
        for number, other in enumerate(others[:few_or_many]):
            day = MONDAY + timedelta(days=10 * few_or_many + number)
            await plant(site, *[swapped(*pair, (card, other)) for pair in pairwise(FANS)])
            await plant_snapshots(site, {"day": day, "card_id": card} | RAW)
            _ = await ann.hold(other)
            await plant_conditions(site, {"day": day, "group_id": uuid7()})
        await refresh(site)
        costs = {
            path: await site.cost(ann.send("GET", path.removeprefix(API).format(**asked)))
            for path in expected
        }
        assert costs == expected, few_or_many
