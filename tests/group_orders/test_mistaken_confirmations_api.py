"""A payment that was confirmed by mistake waits again, whatever was promised for it, over HTTP."""

from typing import Any

import pytest

from tests.group_orders.money import Shop, a_shop, ensure_balanced
from tests.support.deals import told
from tests.support.site import Site


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await a_shop(site)


async def call_off(shop: Shop) -> None:
    answer = await shop.olga.post(f"{shop.path}/cancel", {"reason": "The shop is sold out."})
    assert answer.status_code == 200, answer.text


async def undo(shop: Shop, payment: str) -> Any:
    """Reverse that this payment was confirmed."""
    (confirmed,) = [
        each
        for each in await shop.ledger(shop.olga)
        if (each["kind"], each["subject_id"]) == ("payment_confirmed", payment)
        and each["reversed_by_id"] is None
    ]
    body = {"reverses": confirmed["id"], "reason": "It was another payment."}
    return await shop.olga.post(f"{shop.path}/ledger", body)


async def states(shop: Shop) -> dict[str, str]:
    listed = (await shop.olga.get(f"{shop.path}/payments")).json()["items"]
    return {each["id"]: each["state"] for each in listed}


async def test_the_refund_goes_with_the_confirmation_that_it_rests_on(shop: Shop) -> None:
    _ = await shop.bill()
    payment = await shop.pay(shop.ann, 1_500)
    await call_off(shop)
    assert await shop.refunds(shop.ann) == [(1_500, "promised")]
    answer = await undo(shop, payment)
    assert answer.status_code == 201, answer.text
    assert await shop.refunds(shop.ann) == [(1_500, "withdrawn")]
    assert await states(shop) == {payment: "reported"}
    *_, withdrawn, reversal = await shop.ledger(shop.olga)
    assert [each["actor_id"] for each in (withdrawn, reversal)] == [None, str(shop.olga.id)]
    answer = await shop.olga.post(f"/payments/{payment}/confirm")
    assert answer.status_code == 200, answer.text
    assert await shop.refunds(shop.ann) == [(1_500, "withdrawn"), (1_500, "promised")]
    await ensure_balanced(shop.site)


async def test_what_rests_on_another_payment_stays_promised(shop: Shop) -> None:
    _ = await shop.bill()
    first, second = await shop.pay(shop.ann, 1_000), await shop.pay(shop.ann, 400)
    await call_off(shop)
    assert (await undo(shop, first)).status_code == 201
    assert await shop.refunds(shop.ann) == [(1_400, "withdrawn"), (400, "promised")]
    assert await states(shop) == {first: "reported", second: "confirmed"}
    disputed = await shop.olga.post(f"/payments/{first}/dispute", {"reason": "Nothing came."})
    assert disputed.status_code == 200, disputed.text
    await ensure_balanced(shop.site)


async def test_no_more_refunds_go_than_have_to(shop: Shop) -> None:
    await call_off_with_two_refunds(shop)
    (later,) = [id for id, state in (await states(shop)).items() if state == "reported"]
    assert (await shop.olga.post(f"/payments/{later}/confirm")).status_code == 200
    assert await shop.refunds(shop.ann) == [(1_000, "promised"), (400, "promised")]
    assert (await undo(shop, later)).status_code == 201
    assert await shop.refunds(shop.ann) == [(1_000, "promised"), (400, "withdrawn")]
    await ensure_balanced(shop.site)


async def call_off_with_two_refunds(shop: Shop) -> None:
    _ = await shop.pay(shop.ann, 1_000)
    _ = await shop.pay(shop.ann, 400, confirmed=False)
    await call_off(shop)


async def test_what_its_joiner_has_confirmed_stands(shop: Shop) -> None:
    payment = await shop.pay(shop.ann, 1_500)
    await call_off(shop)
    (refund,) = (await shop.ann.get(f"{shop.path}/refunds")).json()["items"]
    assert (await shop.ann.post(f"/refunds/{refund['id']}/confirm")).status_code == 200
    assert told(await undo(shop, payment)) == (409, "already-refunded")
    assert await shop.refunds(shop.ann) == [(1_500, "confirmed")]
    assert await states(shop) == {payment: "confirmed"}


async def test_a_refund_for_a_released_slot_goes_likewise(shop: Shop) -> None:
    _ = await shop.bill()
    payment = await shop.pay(shop.ann, 1_500)
    path = f"/allocations/{shop.allocations[shop.ann][0]}/release"
    assert (await shop.olga.post(path, {"reason": "released"})).status_code == 200
    assert await shop.refunds(shop.ann) == [(1_000, "promised")]
    assert (await undo(shop, payment)).status_code == 201
    assert await shop.refunds(shop.ann) == [(1_000, "withdrawn")]
    await ensure_balanced(shop.site)


async def test_what_was_promised_before_an_order_was_called_off_goes_too(shop: Shop) -> None:
    payment = await shop.pay(shop.ann, 1_500)
    body = {"member_id": str(shop.ann.id), "amount": 1_500, "reason": "Nothing is due yet."}
    assert (await shop.olga.post(f"{shop.path}/refunds", body)).status_code == 201
    assert told(await undo(shop, payment)) == (409, "already-refunded"), "it is hers to withdraw"
    await call_off(shop)
    assert (await undo(shop, payment)).status_code == 201
    assert await shop.refunds(shop.ann) == [(1_500, "withdrawn")]
    await ensure_balanced(shop.site)
