"""How many statements handovers, ratings and records cost, with one joiner and with several."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from apps.group_orders.infrastructure.models import GroupOrderModel
from tests.group_orders.handing_over import a_scene, somebody
from tests.group_orders.orders import an_order
from tests.group_orders.rows import served
from tests.support.counting import CountingSite, a_counting_site


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


@pytest.mark.parametrize("joiners", [1, 4])
async def test_what_a_handover_asks_of_the_database(site: CountingSite, joiners: int) -> None:
    scene = await a_scene(site, joiners=joiners)
    costs = {
        "ask": await site.cost(scene.step(scene.cora)),
        "approve": await site.cost(scene.step(scene.mia)),
        "show": await site.cost(scene.mia.get(scene.path)),
    }
    for joiner in scene.joiners[: joiners // 2]:
        costs["agree"] = await site.cost(scene.step(joiner))
    costs["hand over"] = await site.cost(scene.step(scene.joiners[joiners // 2]))
    agree = {"agree": 18} if joiners > 1 else {}
    assert costs == {"ask": 19, "approve": 20, "show": 6, "hand over": 22} | agree


@pytest.mark.parametrize("joiners", [1, 4])
async def test_what_ratings_ask_of_the_database(site: CountingSite, joiners: int) -> None:
    olga, others = await somebody(site), [await somebody(site, 1) for _ in range(joiners)]
    order = await an_order(olga)
    await served(order, *others)
    ended = {"state": "closed", "ended_at": GroupOrderModel.updated_at}
    await site.change(update(GroupOrderModel).values(ended))
    path, ids, costs = f"/group-orders/{order}/ratings", [], {}
    for each in others:
        answer = each.post(path, {"score": 4, "comment": "Fine"})
        costs["rate"] = await site.cost(answer, status=201)
        items = (await each.get(path)).json()["items"]
        ids += [item["id"] for item in items if item["rater"]["id"] == str(each.id)]
    costs["rate again"] = await site.cost(others[-1].post(path, {"score": 5}), status=201)
    for each in others:
        back = olga.post(path, {"score": 5, "ratee_id": str(each.id)})
        costs["rate back"] = await site.cost(back, status=201)
    costs["reply"] = await site.cost(olga.post(f"{path}/{ids[0]}/reply", {"text": "Thanks"}))
    costs["list"] = await site.cost(olga.get(path))
    costs["record"] = await site.cost(others[0].get(f"/members/{olga.id}/organiser-record"))
    rated = {"rate": 10, "rate again": 10, "rate back": 9}
    assert costs == rated | {"reply": 5, "list": 4, "record": 5}
