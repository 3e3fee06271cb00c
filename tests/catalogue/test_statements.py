"""How much proposing and curating asks of the database: as much for many items as for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.catalogue.demo import fill
from tests.catalogue.people import an_addition, card, join, proposed
from tests.support.counting import CountingSite, a_counting_site

MANY = 12


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        await fill(site)
        yield site


async def test_a_list_of_proposals_costs_as_much_for_many_as_for_one(site: CountingSite) -> None:
    ann, bea = await site.join("ann"), await join(site, "bea", level=2)
    costs = []
    for number in range(MANY):
        path = await proposed(ann, {"card": await an_addition(site, f"omg-{number}")})
        assert (await bea.post(f"{path}/confirm")).status_code == 200
        costs.append(await site.cost(ann.get("/card-proposals", state="open", limit=100)))
    assert costs == [5] * MANY


async def test_what_changes_one_card_costs_this_much(site: CountingSite) -> None:
    ann, cur = await site.join("ann"), await join(site, "cur", role="admin")
    id = (await card(site, "omg-minji-ld"))["id"]
    fix = {"card_id": id, "card": {"number": "3"}}
    path = await proposed(ann, fix)
    costs = {
        "propose": await site.cost(ann.post("/card-proposals", fix), status=201),
        "confirm": await site.cost(cur.post(f"{path}/confirm")),
        "change": await site.cost(cur.patch(f"/cards/{id}", {"number": "4"})),
    }
    assert costs == {"propose": 10, "confirm": 21, "change": 14}


async def test_a_merge_costs_as_much_however_many_copies_follow(site: CountingSite) -> None:
    ann, cur = await site.join("ann"), await join(site, "cur", role="admin")
    survivor = (await card(site, "omg-hanni"))["id"]
    for number in (0, MANY):
        answer = await cur.post("/cards", await an_addition(site, f"omg-{number}"))
        id = answer.json()["id"]
        for _ in range(number):
            await ann.post("/me/copies", {"card_id": id, "condition": "mint", "for_trade": True})
            await ann.post("/me/wants", {"card_ids": [id, survivor]})
        assert await site.cost(cur.post(f"/cards/{id}/merge", {"into": survivor})) == 19
