"""How many statements the routes of group orders cost, with one of everything and with several."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.group_orders.orders import a_draft, an_order, drafting, fan, moderator, organiser
from tests.support.counting import CountingSite, a_counting_site

SEVERAL = ["One", "Two", "Three", "Four"]


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def test_what_each_request_asks_of_the_database(site: CountingSite) -> None:
    olga, cora = await organiser(site), await organiser(site, "cora")
    ann = await fan(site, "ann")
    body = await drafting(site, co_organiser_id=str(cora.id))
    costs = {"draft": await site.cost(olga.post("/group-orders", body), status=201)}
    order = f"/group-orders/{await a_draft(olga)}"
    costs["change"] = await site.cost(olga.patch(order, {"title": "New", "rules": "Pay at once."}))
    costs["open"] = await site.cost(olga.post(f"{order}/open"))
    for labels in (SEVERAL[:1], SEVERAL):
        tags = olga.send("PUT", f"{order}/tags", {"tags": labels})
        costs[f"{len(labels)} tags"] = await site.cost(tags)
    costs["show"] = await site.cost(ann.get(order))
    costs["show tags"] = await site.cost(ann.get(f"{order}/tags"))
    costs["lock"] = await site.cost(olga.post(f"{order}/lock"))
    assert costs == {
        "draft": 12,
        "change": 9,
        "open": 15,
        "1 tags": 10,
        "4 tags": 10,
        "show": 6,
        "show tags": 6,
        "lock": 9,
    }


async def test_a_list_costs_as_much_with_several_orders_as_with_one(site: CountingSite) -> None:
    ann, mia, costs = await fan(site, "ann"), await moderator(site), set()
    for number in range(4):
        _ = await an_order(await organiser(site, f"olga{number}"))
        asked = [reader.get("/group-orders", state="open") for reader in (ann, mia)]
        costs.add(tuple([await site.cost(each) for each in asked]))
    assert costs == {(6, 5)}, "staff see orders of those who have blocked them, too"
