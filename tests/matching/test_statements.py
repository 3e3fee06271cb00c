"""How much a search asks of the database: as much among many as among few."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.counting import CountingSite, a_counting_site
from tests.support.levels import confirm_address, raise_to
from tests.support.site import Member
from tests.support.suggested import a_market, matches, propose, want

FEW, MANY = 1, 6
COSTS = {
    "/me/matches": 15,
    "/me/matches?max_length=3": 11,
    "/me/matches?kind=ring": 15,
    "/me/matches?kind=pair": 10,
}
"""Statements per request, that which tells who is asking among them."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def a_crowd(site: CountingSite, each: int) -> Member:
    """Ann, and for each place in a pair and in rings of three and four so many others."""
    ann = await site.join(f"ann-{each}")
    everybody = [ann]
    for size, first in {2: 0, 3: 2, 4: 5}.items():
        cards = (await site.some_cards(first + size))[first:]
        for place, card in enumerate(cards):
            others = [await site.join(f"m-{each}-{size}-{place}-{n}") for n in range(each)]
            everybody += others if place else []
            for member in others if place else [ann]:
                await member.hold(card)
                await want(member, cards[place - 1])
    await raise_to(1, *everybody)
    await confirm_address(*everybody)
    return ann


async def test_a_search_costs_as_much_among_many_as_among_few(site: CountingSite) -> None:
    for each in (FEW, MANY):
        ann = await a_crowd(site, each)
        found = await matches(ann, limit=100)
        assert {len(match["parties"]) for match in found} == {2, 3, 4}
        costs = {path: await site.cost(ann.send("GET", path)) for path in COSTS}
        assert costs == COSTS, each


async def to_propose(site: CountingSite, *, size: int, copies: int, number: int) -> int:
    members = await a_market(site, size=size, number=number)
    first = 30 + 20 * number
    cards = (await site.some_cards(first + copies * size))[first:]
    for place, member in enumerate(members):
        for card in cards[place::size]:
            await member.hold(card)
            await want(members[(place + 1) % size], card)
    (match,) = await matches(members[0])
    assert {len(leg["copies"]) for leg in match["legs"]} == {copies + 1}
    return await site.cost(propose(members[0], match), status=201)


async def test_proposing_costs_as_much_for_many_copies_as_for_one(site: CountingSite) -> None:
    pairs = [await to_propose(site, size=2, copies=n, number=n) for n in (0, 5)]
    rings = [await to_propose(site, size=3, copies=n, number=n + 1) for n in (0, 5)]
    assert (pairs, rings) == ([31, 31], [27, 27])
