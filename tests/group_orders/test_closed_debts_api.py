"""What is owed in an order that is closed can be paid, and counts until it is, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from apps.group_orders.application.watch_deadlines import WatchDeadlines
from tests.group_orders.handing_out import STEPS, Parcel, a_parcel
from tests.group_orders.money import Shop, ensure_balanced, let_pass
from tests.group_orders.orders import an_order
from tests.group_orders.providers import REVERSED, Told, deliver
from tests.group_orders.rounds import an_open_round, asked
from tests.group_orders.test_webhooks_api import outcomes
from tests.support.deals import told
from tests.support.site import Member, Site


@pytest.fixture
async def shop(site: Site) -> Shop:
    """A closed order, in which ann has paid her 2000 and bea owes 1500."""
    parcel = await a_parcel(site, *STEPS)
    await parcel.bill()
    _ = await parcel.pay(parcel.ann, 2_000)
    await received(parcel)
    answer = await parcel.olga.post(f"{parcel.path}/close")
    assert answer.status_code == 200, answer.text
    return Shop(site, parcel.order, parcel.olga, parcel.ann, parcel.bea)


async def received(parcel: Parcel) -> None:
    for member in (parcel.ann, parcel.bea):
        for each in await parcel.of(member):
            assert (await member.post(f"/allocations/{each['id']}/confirm")).status_code == 200


async def report(shop: Shop, by: Member, amount: int) -> Any:
    return await by.post(f"{shop.path}/payments", {"amount": amount, "method": "Cash"})


async def test_a_debt_is_paid_after_the_order_is_closed(shop: Shop) -> None:
    await let_pass(shop, timedelta(hours=97))
    again = await an_open_round(shop.olga, await an_order(shop.olga))
    assert told(await asked(shop.bea, again)) == (409, "unpaid-dues")
    refused = await report(shop, shop.bea, 1_501)
    assert told(refused) == (409, "payment-too-large")
    assert refused.json()["most"] == 1_500
    first = await shop.pay(shop.bea, 500, confirmed=False)
    assert told(await asked(shop.bea, again)) == (409, "unpaid-dues")
    second = await shop.pay(shop.bea, 1_000, confirmed=False)
    assert (await asked(shop.bea, again)).status_code == 201, "the organiser has to answer now"
    disputed = await shop.olga.post(f"/payments/{second}/dispute", {"reason": "Nothing came."})
    assert disputed.status_code == 200, disputed.text
    assert told(await report(shop, shop.bea, 1_001)) == (409, "payment-too-large")
    _ = await shop.pay(shop.bea, 1_000)
    assert (await shop.olga.post(f"/payments/{first}/confirm")).status_code == 200
    assert await shop.owed(shop.bea) == 0
    assert await shop.dues(shop.bea) == [("item", 1_500, 1_500, "paid")]
    assert await shop.refunds(shop.olga) == []
    await ensure_balanced(shop.site)


async def test_nothing_more_is_reported_than_is_owed(shop: Shop) -> None:
    assert told(await report(shop, shop.ann, 1)) == (409, "invalid-transition"), "she owes nothing"
    _ = await shop.pay(shop.bea, 1_500, confirmed=False)
    assert told(await report(shop, shop.bea, 1)) == (409, "invalid-transition")


async def test_letters_remind_of_what_is_owed(shop: Shop) -> None:
    watch = await shop.site.port(WatchDeadlines)
    counts = []
    for hours in (47, 40, 10):
        await let_pass(shop, timedelta(hours=hours))
        counts.append((await watch(), await watch()))
    assert counts == [(0, 0), (1, 0), (1, 0)]


async def test_what_a_provider_tells_is_reported_as_far_as_it_is_owed(shop: Shop) -> None:
    joining = (await shop.bea.get(shop.path)).json()["my_joining"]
    reference = joining["reference"]
    for told_ in (
        Told(reference=reference, amount=1_501),
        Told(reference=reference, amount=1_200, minute=1),
        Told(reference=reference, amount=1_500, minute=2),
        Told(reference=reference, amount=1_600, minute=3),
        Told(reference=reference, amount=100, payment="pay_2"),
    ):
        await deliver(shop.site, told_)
    assert await outcomes(shop.site) == [
        *("too_late", "reported", "reported", "too_late", "too_late"),
    ]
    assert await shop.owed(shop.bea) == 0
    await deliver(shop.site, Told(reference=reference, type=REVERSED, minute=4))
    assert (await outcomes(shop.site))[-1] == "withdrawn"
    assert await shop.owed(shop.bea) == 1_500
    await ensure_balanced(shop.site)
