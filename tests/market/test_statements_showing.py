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
from tests.support.counting import CountingSite, a_counting_site

FANS = [MemberId(UUID(int=number)) for number in range(1, 8)]
COSTS = {
    "/cards/{card}/market": 3,
    "/cards/{card}/swap-index": 4,
    "/cards/{card}/swap-index?against={other}": 3,
    "/market/snapshots": 2,
    "/market/snapshots?card={card}&since=2026-01-01": 2,
    "/market/conditions": 2,
}
"""Statements per request, that which tells who is asking among them."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def test_questions_cost_as_much_of_many_as_of_few(site: CountingSite) -> None:
    ann = await site.join("ann")
    card, *others = await site.some_cards(6)
    asked = {"card": card, "other": others[0]}
    for few_or_many in (1, 5):
        for number, other in enumerate(others[:few_or_many]):
            day = MONDAY + timedelta(days=10 * few_or_many + number)
            await plant(site, *[swapped(*pair, (card, other)) for pair in pairwise(FANS)])
            await plant_snapshots(site, {"day": day, "card_id": card} | RAW)
            await plant_conditions(site, {"day": day, "group_id": uuid7()})
        await refresh(site)
        costs = {path: await site.cost(ann.send("GET", path.format(**asked))) for path in COSTS}
        assert costs == COSTS, few_or_many
