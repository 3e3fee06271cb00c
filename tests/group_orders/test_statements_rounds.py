"""How many statements the routes of rounds cost, with one of everything and with several."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.group_orders.orders import an_order, organiser
from tests.group_orders.rounds import a_scene, allocations, claimed, fans, planning, step
from tests.support.counting import CountingSite, a_counting_site


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def costs(site: CountingSite, count: int) -> dict[str, int]:
    """What each request costs where there are so many things, slots of each, and claims."""
    cards = await site.some_cards(count)
    slots = [{"card_id": str(card), "unit_price": 100, "units": count} for card in cards]
    olga = await organiser(site)
    order = f"/group-orders/{await an_order(olga)}"
    more = await fans(site, count + 1)
    costs: dict[str, int] = {}
    for policy in ("first_come", "lottery"):
        body = await planning(site, slots=slots, policy=policy)
        costs[f"plan {policy}"] = await site.cost(olga.post(f"{order}/rounds", body), status=201)
        last = (await olga.get(f"{order}/rounds")).json()["items"][-1]["id"]
        round = f"/order-rounds/{last}"
        costs[f"open {policy}"] = await site.cost(olga.post(f"{round}/open"))
        *others, ann = more
        claim = {"rules_version": 1, "card_id": str(cards[0]), "quantity": count}
        costs[f"claim {policy}"] = await site.cost(ann.post(f"{round}/claims", claim), status=201)
        for each in others:
            _ = await claimed(each, last, quantity=1)
        for what in ("slots", "claims"):
            costs[f"{what} {policy}"] = await site.cost(olga.get(f"{round}/{what}"))
        costs[f"show {policy}"] = await site.cost(ann.get(round))
        if policy == "first_come":
            claims = (await ann.get(f"{round}/claims")).json()["items"]
            waiting = ann.post(f"/claims/{claims[0]['id']}/withdraw")
            costs["withdraw"] = await site.cost(waiting)
        for action in ("close", "allocate"):
            costs[f"{action} {policy}"] = await site.cost(olga.post(f"{round}/{action}"))
    costs["draw"] = await site.cost(site.client.get(f"/api/v1{round}/draw"))
    costs["rounds"] = await site.cost(olga.get(f"{order}/rounds"))
    costs["allocations"] = await site.cost(olga.get(f"{order}/allocations"))
    held = await allocations(olga, order.removeprefix("/group-orders/"))
    of = {str(each.id): each for each in more}
    first = next(each for each in held if each["round_id"] != last)
    path, holder = f"/allocations/{first['id']}", of[first["member"]["id"]]
    costs["transfer"] = await site.cost(holder.post(f"{path}/transfer", {"to": str(ann.id)}))
    costs["accept"] = await site.cost(ann.post(f"{path}/accept", {"rules_version": 1}))
    (second,) = [
        each
        for each in await allocations(ann, order.removeprefix("/group-orders/"))
        if each["round_id"] != last
    ]
    release = olga.post(f"/allocations/{second['id']}/release", {"reason": "released"})
    costs["release"] = await site.cost(release)
    costs["cancel"] = await site.cost(olga.post(f"/order-rounds/{last}/cancel"))
    return costs


@pytest.mark.parametrize("count", [1, 3])
async def test_handing_out_by_rank_asks_who_is_there(site: CountingSite, count: int) -> None:
    slots = [{"item": "Poster", "unit_price": 100, "units": count}]
    olga, _, round = await a_scene(site, policy="priority", slots=slots)
    for each in await fans(site, count):
        _ = await claimed(each, round, item="Poster", rank=1)
    await step(olga, round, "close")
    assert await site.cost(olga.post(f"/order-rounds/{round}/allocate")) == 18


@pytest.mark.parametrize("count", [1, 3])
async def test_what_each_request_asks_of_the_database(site: CountingSite, count: int) -> None:
    assert await costs(site, count) == {
        "plan first_come": 10,
        "open first_come": 15,
        "claim first_come": 36,
        "slots first_come": 4,
        "claims first_come": 5,
        "show first_come": 4,
        "withdraw": 28,
        "close first_come": 9,
        "allocate first_come": 13,
        "plan lottery": 10,
        "open lottery": 15,
        "claim lottery": 26,
        "slots lottery": 4,
        "claims lottery": 5,
        "show lottery": 4,
        "close lottery": 11,
        "allocate lottery": 20,
        "draw": 2,
        "rounds": 3,
        "allocations": 4,
        "transfer": 21,
        "accept": 39,
        "release": 22,
        "cancel": 18,
    }
