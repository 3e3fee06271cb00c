"""How many statements it costs to let a group order get on: as many with much as with little."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from apps.group_orders.domain.order_steps import OrderState
from tests.group_orders.handing_out import STEPS, a_moderator, a_parcel
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.progress import an_order_in, in_days, planned
from tests.group_orders.providers import Told, joined, signed
from tests.group_orders.test_deliveries_api import FINDING, WRONG
from tests.support.counting import CountingSite, a_counting_site
from tests.support.site import API

WHY = {"reason": "The shop is sold out."}


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def test_milestones_cost_as_much_with_many_as_with_one(site: CountingSite) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    order = await an_order_in(olga, OrderState.LOCKED)
    path, costs = f"/group-orders/{order}/milestones", []
    for kind, other in (("ordered", "sorted"), ("arrived", "delivered")):
        day = (await in_days(site, 3)).isoformat()
        plan = olga.post(path, {"kind": kind, "planned_on": day})
        cost = {"plan": await site.cost(plan, status=201)}
        milestone = await planned(olga, order, other)
        moved = {"planned_on": (await in_days(site, 9)).isoformat(), **WHY}
        cost["move"] = await site.cost(olga.post(f"/milestones/{milestone}/move", moved))
        cost["list"] = await site.cost(ann.get(path))
        costs.append(cost)
        if kind == "ordered":
            for each in (await olga.get(path)).json()["items"][:1]:
                assert (await olga.post(f"/milestones/{each['id']}/done")).status_code == 200
    assert costs[0] == costs[1] == {"plan": 8, "move": 12, "list": 6}
    reach = await planned(olga, order, "seller_shipped")
    assert await site.cost(olga.post(f"/milestones/{reach}/done")) == 12


async def test_deliveries_cost_what_they_cost(site: CountingSite) -> None:
    parcel, staff = await a_parcel(site, *STEPS), await a_moderator(site)
    card, item = [each["id"] for each in await parcel.of(parcel.ann)]
    (hers,) = await parcel.of(parcel.bea)
    costs = {
        "confirm": await site.cost(parcel.bea.post(f"/allocations/{hers['id']}/confirm")),
        "dispute": await site.cost(parcel.ann.post(f"/allocations/{card}/dispute", WRONG)),
        "decide": await site.cost(staff.post(f"/allocations/{card}/decide", FINDING)),
    }
    assert (await parcel.ann.post(f"/allocations/{item}/confirm")).status_code == 200
    costs["close"] = await site.cost(parcel.olga.post(f"{parcel.path}/close"))
    assert costs == {"confirm": 20, "dispute": 15, "decide": 25, "close": 18}


async def test_calling_off_costs_as_much_for_many_as_for_one(site: CountingSite) -> None:
    costs = set()
    for mark, paying in (("a", 1), ("b", 2)):
        parcel = await a_parcel(site, mark=mark)
        await parcel.bill()
        for member in (parcel.ann, parcel.bea)[:paying]:
            await parcel.pay(member, 1_500)
        costs.add(await site.cost(parcel.olga.post(f"{parcel.path}/cancel", WHY)))
    assert costs == {32}


async def test_what_a_provider_tells_costs_as_much_the_tenth_time(site: CountingSite) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    order = await an_order(olga)
    reference = await joined(order, ann)
    first, again = list[int](), list[int]()
    for number in range(3):
        event = Told(reference=reference, payment=f"pay_{number}")
        headers = signed(event.body, id=event.id, at=(await site.clock()).now())
        for costs in (first, again):
            sent = site.client.post(f"{API}/webhooks/pay", content=event.body, headers=headers)
            costs.append(await site.cost(sent, status=204))
        assert await site.cost(ann.get(f"/group-orders/{order}/transactions")) == 4
    assert (first, again) == ([19, 14, 14], [3, 3, 3]), "the first one opens the accounts"
