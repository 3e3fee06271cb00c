"""How many statements the money of group orders costs, with one of everything and with several."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.group_orders.handing_over import join
from tests.group_orders.money import Shop, a_shop, a_shop_of, allocated
from tests.group_orders.orders import fan, organiser
from tests.group_orders.rows import an_allocation
from tests.support.counting import CountingSite, a_counting_site


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[CountingSite]:
    async with a_counting_site(url, keys) as site:
        yield site


async def costs_of(site: CountingSite, shop: Shop, *, rest: int) -> dict[str, int]:
    """What each route costs when all accounts are there already."""
    _ = await shop.bill("adjustment", total=1, member_id=str(shop.ann.id))
    _ = await shop.bill("adjustment", total=1, member_id=str(shop.bea.id))
    path, costs = shop.path, dict[str, int]()
    costs["bill"] = await site.cost(shop.bill("ems", total=90, split="unit"), status=201)
    costs["items"] = await site.cost(shop.bill("item"), status=201)
    body: dict[str, Any] = {"amount": rest, "method": "Cash"}
    costs["report"] = await site.cost(shop.ann.post(f"{path}/payments", body), status=201)
    (payment, *_) = (await shop.ann.get(f"{path}/payments")).json()["items"]
    confirm = shop.olga.post(f"/payments/{payment['id']}/confirm")
    costs["confirm"] = await site.cost(confirm)
    other = await shop.pay(shop.ann, 10, confirmed=False)
    dispute = shop.olga.post(f"/payments/{other}/dispute", {"reason": "Nothing came."})
    costs["dispute"] = await site.cost(dispute)
    body = {"member_id": str(shop.ann.id), "amount": 1, "reason": "Too much."}
    costs["promise"] = await site.cost(shop.olga.post(f"{path}/refunds", body), status=201)
    (refund, *_) = (await shop.ann.get(f"{path}/refunds")).json()["items"]
    costs["refund"] = await site.cost(shop.ann.post(f"/refunds/{refund['id']}/confirm"))
    (due, *_) = await shop.ledger(shop.olga)
    body = {"reverses": due["id"], "reason": "A mistake."}
    costs["reverse"] = await site.cost(shop.olga.post(f"{path}/ledger", body), status=201)
    for page in ("dues", "payments", "refunds", "ledger", "statement", "ledger/export"):
        costs[page] = await site.cost(shop.olga.get(f"{path}/{page}"))
        costs[f"my {page}"] = await site.cost(shop.ann.get(f"{path}/{page}"))
    released = {"reason": "released"}
    release = shop.olga.post(f"/allocations/{shop.allocations[shop.ann][0]}/release", released)
    costs["release"] = await site.cost(release)
    return costs


async def test_what_each_request_asks_of_the_database(site: CountingSite) -> None:
    shop = await a_shop(site)
    one = await costs_of(site, shop, rest=2000)
    olga, ann, bea = await organiser(site, "olga2"), await fan(site, "a"), await fan(site, "b")
    large = await a_shop_of(olga, ann, bea)
    for number in range(3):
        joiner = await site.join(f"f{number}")
        await join(large.order, joiner)
        for place, member in enumerate((ann, joiner)):
            told = {"number": 10 + 2 * number + place, "unit_price": 10}
            _ = await an_allocation(member, large.order, **told)
    _ = await large.bill()
    _ = await allocated(olga, large.order, {ann: [5]})
    for _number in range(3):
        _ = await large.pay(bea, 100)
    several = await costs_of(site, large, rest=4000)
    assert one == several
    assert one.pop("release") < 40, "most of it is what rounds do"
    assert one == {
        "bill": 19,
        "items": 20,
        "report": 14,
        "confirm": 13,
        "dispute": 13,
        "promise": 12,
        "refund": 15,
        "reverse": 13,
        "dues": 4,
        "my dues": 5,
        "payments": 4,
        "my payments": 5,
        "refunds": 4,
        "my refunds": 5,
        "ledger": 4,
        "my ledger": 5,
        "statement": 6,
        "my statement": 5,
        "ledger/export": 4,
        "my ledger/export": 5,
    }
