"""A slot that is handed to and fro is to be paid for all the same, over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.group_orders.money import Shop, a_shop, ensure_balanced, let_pass
from tests.group_orders.rounds import allocations
from tests.support.deals import told
from tests.support.site import Member, Site

HOUR = timedelta(hours=1)


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await a_shop(site)


async def offer(giver: Member, taker: Member, allocation: str) -> dict[str, Any]:
    """What the other is shown of it before they accept."""
    path = f"/allocations/{allocation}/transfer"
    answer = await giver.post(path, {"to": str(taker.id)})
    assert answer.status_code == 200, answer.text
    (seen,) = [
        each
        for each in await allocations(taker, str(answer.json()["group_order_id"]))
        if each["id"] == allocation
    ]
    return seen


async def accept(taker: Member, allocation: str) -> str:
    answer = await taker.post(f"/allocations/{allocation}/accept", {"rules_version": 1})
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["id"])


async def due_of(shop: Shop, allocation: str) -> dict[str, Any]:
    listed = (await shop.olga.get(f"{shop.path}/dues", limit=100)).json()["items"]
    (due,) = [each for each in listed if each["allocation_id"] == allocation]
    return dict(due)


async def test_the_deadline_is_put_off_once(shop: Shop) -> None:
    first, _ = shop.allocations[shop.ann]
    assert (await shop.bill("item", hours=1)).status_code == 201
    (shown,) = (await offer(shop.ann, shop.bea, first))["offered_dues"]
    second = await accept(shop.bea, first)
    taken = await due_of(shop, second)
    assert (taken["state"], taken["amount"], shown["amount"]) == ("open", 1_000, 1_000)
    promised, given = (datetime.fromisoformat(each["due_at"]) for each in (shown, taken))
    assert timedelta(0) <= given - promised < timedelta(minutes=1)
    _ = await shop.pay(shop.ann, 500)
    _ = await shop.pay(shop.bea, 2_000)
    await let_pass(shop, 70 * HOUR)
    before = await due_of(shop, second)
    (shown,) = (await offer(shop.bea, shop.ann, second))["offered_dues"]
    third = await accept(shop.ann, second)
    assert shown == {"kind": "item", "amount": 1_000, "due_at": before["due_at"]}
    assert (await due_of(shop, third))["due_at"] == before["due_at"]
    await let_pass(shop, 53 * HOUR)
    assert (await due_of(shop, third))["state"] == "overdue"
    answer = await shop.olga.post(f"/allocations/{third}/release", {"reason": "reclaimed"})
    assert answer.status_code == 200, answer.text
    await ensure_balanced(shop.site)


async def test_who_takes_over_an_overdue_slot_sees_that_it_is(shop: Shop) -> None:
    first, _ = shop.allocations[shop.ann]
    assert (await shop.bill("item", hours=1)).status_code == 201
    second = await accept(shop.bea, (await offer(shop.ann, shop.bea, first))["id"])
    for payer, amount in ((shop.ann, 500), (shop.bea, 2_000)):
        _ = await shop.pay(payer, amount)
    await let_pass(shop, 73 * HOUR)
    (shown,) = (await offer(shop.bea, shop.ann, second))["offered_dues"]
    now = (await shop.site.clock()).now()
    assert datetime.fromisoformat(shown["due_at"]) < now
    third = await accept(shop.ann, second)
    assert (await due_of(shop, third))["state"] == "overdue"
    await let_pass(shop, 48 * HOUR)
    refused = await shop.olga.post(f"/allocations/{second}/release", {"reason": "reclaimed"})
    assert told(refused) == (409, "on-its-way"), "it is hers no longer"
    answer = await shop.olga.post(f"/allocations/{third}/release", {"reason": "reclaimed"})
    assert answer.status_code == 200, answer.text
