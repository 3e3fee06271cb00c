"""What ratings, reputation and vouch cards ask of the database: as much of many as of one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.counting import CountingSite, a_counting_site
from tests.support.rated import a_swap, rate, rated
from tests.support.site import Member

SIZES = (3, 6)
"""Trades of the same two."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def a_pair(site: CountingSite, size: int) -> tuple[Member, Member]:
    return await site.join(f"ann-{size}"), await site.join(f"bea-{size}")


async def traders(site: CountingSite, size: int) -> tuple[Member, Member]:
    """Who have rated each other so many times."""
    ann, bea = await a_pair(site, size)
    for _ in range(size):
        deal = await a_swap(site, ann, bea)
        await rated(ann, deal)
        await rated(bea, deal)
    return ann, bea


async def to_rate_first(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    return await site.cost(rate(ann, await a_swap(site, ann, bea)), status=201)


async def to_rate_second(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    deal = await a_swap(site, ann, bea)
    await rated(bea, deal)
    return await site.cost(rate(ann, deal), status=201)


async def to_rate_anew(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    deal = await a_swap(site, ann, bea)
    await rated(ann, deal, 1)
    return await site.cost(rate(ann, deal, 5), status=201)


async def to_reply(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    deal = await a_swap(site, ann, bea)
    rating = await rated(ann, deal)
    await rated(bea, deal)
    path = f"{deal.path}/ratings/{rating['id']}/reply"
    return await site.cost(bea.post(path, {"text": "Thanks"}))


async def to_list_those_of_a_trade(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    deal = await a_swap(site, ann, bea)
    await rated(ann, deal)
    await rated(bea, deal)
    return await site.cost(bea.get(f"{deal.path}/ratings"))


async def to_list_those_of_a_member(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    return await site.cost(ann.get(f"/members/{bea.id}/ratings"))


async def to_show_a_reputation(site: CountingSite, size: int) -> int:
    ann, bea = await traders(site, size)
    return await site.cost(ann.get(f"/members/{bea.id}/reputation"))


async def to_issue_a_card(site: CountingSite, size: int) -> int:
    ann, _ = await traders(site, size)
    return await site.cost(ann.post("/me/vouch"), status=201)


async def to_check_a_card(site: CountingSite, size: int) -> int:
    ann, _ = await traders(site, size)
    token = (await ann.post("/me/vouch")).json()["token"]
    return await site.cost(site.client.get(f"/api/v1/vouches/{token}"))


async def to_revoke_a_card(site: CountingSite, size: int) -> int:
    ann, _ = await a_pair(site, size)
    cards = [(await ann.post("/me/vouch")).json()["statement"]["id"] for _ in range(size)]
    return await site.cost(ann.delete(f"/me/vouch/{cards[0]}"), status=204)


async def to_list_cards(site: CountingSite, size: int) -> int:
    ann, _ = await a_pair(site, size)
    for _ in range(size):
        await ann.post("/me/vouch")
    return await site.cost(ann.get("/me/vouch"))


Cost = Callable[[CountingSite, int], Awaitable[int]]
COSTS: dict[str, tuple[Cost, int]] = {
    "POST ratings, the first": (to_rate_first, 8),
    "POST ratings, the second": (to_rate_second, 9),
    "POST ratings, anew": (to_rate_anew, 8),
    "POST reply": (to_reply, 4),
    "GET /trades/{id}/ratings": (to_list_those_of_a_trade, 3),
    "GET /members/{id}/ratings": (to_list_those_of_a_member, 4),
    "GET /members/{id}/reputation": (to_show_a_reputation, 6),
    "POST /me/vouch": (to_issue_a_card, 5),
    "GET /vouches/{token}": (to_check_a_card, 1),
    "DELETE /me/vouch/{id}": (to_revoke_a_card, 3),
    "GET /me/vouch": (to_list_cards, 2),
}
"""Statements per request, however much has been said of somebody before."""


@pytest.mark.parametrize("request_line", COSTS)
async def test_a_request_costs_as_much_of_many_as_of_one(
    site: CountingSite, request_line: str
) -> None:
    cost, statements = COSTS[request_line]
    assert {size: await cost(site, size) for size in SIZES} == dict.fromkeys(SIZES, statements)
