"""What an organiser does at once in several orders is held against one cap (G12)."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from apps.group_orders.infrastructure.rounds import SqlOffers
from tests.group_orders.money import Shop, a_shop, a_shop_of
from tests.group_orders.rounds import a_planned_round
from tests.support.deals import told
from tests.support.site import Site, elsewhere
from tests.support.weakening import an_unguarded_site

LATE = 0.3
"""Seconds between counting what is in hand and adding to it."""
MUCH = 40_000
"""Once it is below the cap of 500 euros, beside what the shops have; twice it is not."""
Act = Callable[[Shop], Coroutine[Any, Any, Any]]


async def a_bill(shop: Shop) -> Coroutine[Any, Any, Any]:
    return shop.bill("fee", total=MUCH, split="unit")


async def a_round(shop: Shop) -> Coroutine[Any, Any, Any]:
    slots = [{"item": "Sticker", "unit_price": MUCH}]
    round = await a_planned_round(shop.olga, shop.order, slots=slots)
    return shop.olga.post(f"/order-rounds/{round}/open")


PAIRS = [(a_bill, a_round), (a_round, a_round), (a_bill, a_bill)]


async def at_once(site: Site, *acts: Act) -> Counter[Any]:
    """The answers to these, each in an order of its own."""
    first = await a_shop(site)
    second = await a_shop_of(first.olga, first.ann, first.bea)
    racing = [await act(shop) for act, shop in zip(acts, (first, second), strict=True)]
    count = SqlOffers.in_hand

    async def slowly(offers: SqlOffers, **of: Any) -> Any:
        counted = await count(offers, **of)
        await asyncio.sleep(LATE)
        return counted

    with patch.object(SqlOffers, "in_hand", slowly):
        answers = await asyncio.gather(*(elsewhere(each) for each in racing))
    return Counter([told(each)[1] for each in answers])


@pytest.mark.parametrize("acts", PAIRS)
async def test_of_two_that_are_too_much_together_one_is_refused(
    url: str, keys: Path, acts: Any
) -> None:
    async with Site(url, keys, group_orders_open_max=2) as site:
        assert await at_once(site, *acts) == {None: 1, "exposure-capped": 1}


@pytest.mark.parametrize("acts", PAIRS)
async def test_without_locks_both_would_be_done(postgresql: str, keys: Path, acts: Any) -> None:
    """The control."""
    async with an_unguarded_site(postgresql, keys, group_orders_open_max=2) as site:
        assert await at_once(site, *acts) == {None: 2}
