"""How much a list asks of the database: as much for many items as for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.counting import CountingSite, a_counting_site
from tests.support.site import Member

FEW, MANY = 1, 15
ALL = "?limit=100"
COSTS = {
    f"/me/copies{ALL}": 4,
    f"/members/{{ann}}/copies{ALL}": 5,
    f"/cards/{{card}}/copies{ALL}": 6,
    f"/cards/{{card}}/wants{ALL}": 6,
    f"/me/wants{ALL}": 6,
    f"/members/{{ann}}/wants{ALL}": 6,
    "/copies/{copy}": 4,
    "/copies/{copy}/chain": 4,
}
"""Statements per request, that which tells who is asking among them."""


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def keep(site: CountingSite, members: list[Member], each: int) -> None:
    """Have each of these members enter so many copies and wants, all over the same cards."""
    cards = [str(card) for card in await site.some_cards(MANY)]
    for member in members:
        for number in range(each):
            await member.hold((await site.some_cards(MANY))[number])
            wanted = {"card_ids": [cards[0], cards[-1 - number]][: number + 1]}
            assert (await member.post("/me/wants", wanted)).status_code == 201


async def test_a_list_costs_as_much_for_many_items_as_for_one(site: CountingSite) -> None:
    ann = await site.join("ann")
    await keep(site, [ann], FEW)
    few = await costs(site, ann)
    others = [await site.join(f"member-{number}") for number in range(MANY)]
    await keep(site, [ann], MANY - FEW)
    await keep(site, others, FEW)
    assert (few, await costs(site, ann)) == (COSTS, COSTS)


async def test_others_cost_one_question_more_whether_they_are_hidden(site: CountingSite) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    await keep(site, [ann], FEW)
    one_copy = {"/copies/{copy}": 5, "/copies/{copy}/chain": 5}
    others = {path: cost for path, cost in (COSTS | one_copy).items() if "/me/" not in path}
    assert others.items() <= (await costs(site, ann, reader=bea)).items()
    for number in range(MANY):
        await bea.block(await site.join(f"member-{number}"))
    assert others.items() <= (await costs(site, ann, reader=bea)).items()


async def costs(site: CountingSite, ann: Member, *, reader: Member | None = None) -> dict[str, int]:
    card, copy = (await site.some_cards(1))[0], min(await ann.binder())
    paths = {path: path.format(ann=ann.id, card=card, copy=copy) for path in COSTS}
    return {
        path: await site.cost((reader or ann).send("GET", real)) for path, real in paths.items()
    }


async def test_what_changes_one_thing_costs_this_much(site: CountingSite) -> None:
    ann, cards = await site.join("ann"), [str(card) for card in await site.some_cards(3)]
    entry = {"card_id": cards[0], "condition": "mint", "for_trade": True}
    one, three = {"card_ids": cards[:1]}, {"card_ids": cards}
    costs = {
        "POST /me/copies": await site.cost(ann.post("/me/copies", entry), status=201),
        "POST /me/wants, one card": await site.cost(ann.post("/me/wants", one), status=201),
        "POST /me/wants, three": await site.cost(ann.post("/me/wants", three), status=201),
    }
    copy = (await ann.binder()).pop()
    change = ann.patch(f"/me/copies/{copy}", {"note": "sleeved"})
    costs["PATCH /me/copies/{id}"] = await site.cost(change)
    costs["DELETE /me/copies/{id}"] = await site.cost(ann.delete(f"/me/copies/{copy}"), status=204)
    assert costs == {
        "POST /me/copies": 10,
        "POST /me/wants, one card": 12,
        "POST /me/wants, three": 12,
        "PATCH /me/copies/{id}": 7,
        "DELETE /me/copies/{id}": 7,
    }
