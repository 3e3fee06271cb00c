"""Dues, payments and refunds of a group order, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.group_orders.money import Shop, a_shop, ensure_balanced
from tests.group_orders.orders import fan, moderator
from tests.group_orders.rounds import a_planned_round, an_open_round
from tests.support.deals import told
from tests.support.levels import raise_to
from tests.support.site import Site


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await a_shop(site)


async def test_what_was_allocated_is_charged_once(shop: Shop) -> None:
    answer = await shop.bill("item", note="Albums")
    assert answer.status_code == 201, answer.text
    bill = answer.json()
    assert (bill["kind"], bill["split"], bill["total"], bill["currency"]) == (
        *("item", "none", 3500, "EUR"),
    )
    assert sorted(due["amount"] for due in bill["dues"]) == [500, 1000, 2000]
    assert await shop.dues(shop.ann) == [("item", 1000, 0, "open"), ("item", 500, 0, "open")]
    assert len(await shop.dues(shop.olga)) == 3
    assert told(await shop.bill("item")) == (422, "nothing-to-share")
    assert (await shop.owed(shop.ann), await shop.owed(shop.bea)) == (1500, 2000)
    await ensure_balanced(shop.site)


async def test_shared_costs_are_split_to_the_last_unit(shop: Shop) -> None:
    weights = [
        {"allocation_id": id, "weight": weight}
        for id, weight in zip(
            [*shop.allocations[shop.ann], *shop.allocations[shop.bea]], [100, 100, 0], strict=True
        )
    ]
    bills: tuple[tuple[dict[str, Any], list[int]], ...] = (
        ({"kind": "ems", "total": 1000, "split": "unit"}, [334, 333, 333]),
        ({"kind": "customs", "total": 1001, "split": "value"}, [286, 143, 572]),
        ({"kind": "domestic", "total": 51, "split": "weight", "weights": weights}, [26, 25]),
    )
    for more, amounts in bills:
        answer = await shop.bill(**more)
        assert answer.status_code == 201, answer.text
        bill = answer.json()
        assert [due["amount"] for due in bill["dues"]] == amounts
        assert sum(amounts) == bill["total"] == more["total"]
    some: dict[str, Any] = {"allocation_ids": shop.allocations[shop.ann]}
    fee = await shop.bill("fee", total=7, split="unit", **some)
    assert [due["amount"] for due in fee.json()["dues"]] == [4, 3]
    statement = (await shop.olga.get(f"{shop.path}/statement")).json()
    accounts = {each["name"]: each["balance"] for each in statement["accounts"]}
    assert (accounts["shipping"], accounts["customs"], accounts["fee"]) == (-1051, -1001, -7)
    assert (accounts["receivable"], statement["total"]) == (1051 + 1001 + 7, 0)


async def test_a_conversion_is_recorded_and_adds_up(shop: Shop) -> None:
    original = {"currency": "KRW", "amount": 50_000, "rate": "0.000685", "rated_on": "2026-05-24"}
    wrong = await shop.bill("ems", total=3400, split="unit", original=original)
    assert told(wrong) == (422, "rate-mismatch")
    assert wrong.json()["expected"] == 3425
    right = await shop.bill("ems", total=3425, split="unit", original=original)
    assert right.json()["original"] == original


async def test_a_conversion_is_from_another_currency_by_a_rate_that_there_was(shop: Shop) -> None:
    now = (await shop.site.clock()).now()
    latest = (now + timedelta(hours=14)).date()
    original = {"currency": "KRW", "amount": 50_000, "rate": "0.000685", "rated_on": str(latest)}
    same = {"currency": "EUR", "amount": 100, "rate": "2"}
    future = {"rated_on": str(latest + timedelta(days=1))}
    for wrong, total, pointers in (
        (same, 200, ["/original/currency"]),
        (future, 3425, ["/original/rated_on"]),
        (same | future, 200, ["/original/currency", "/original/rated_on"]),
    ):
        answer = await shop.bill("ems", total=total, split="unit", original=original | wrong)
        assert told(answer) == (422, "no-conversion")
        assert [each["pointer"] for each in answer.json()["errors"]] == pointers
    assert await shop.dues(shop.olga) == []
    right = await shop.bill("ems", total=3425, split="unit", original=original)
    assert right.status_code == 201, "it is that day already where the day begins first"


async def test_a_bill_says_what_its_kind_needs(shop: Shop) -> None:
    ann = str(shop.ann.id)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"kind": "ems"}, ["/split", "/total"]),
        ({"kind": "ems", "total": 5, "split": "none"}, ["/split"]),
        ({"kind": "ems", "total": 5, "split": "weight"}, ["/weights"]),
        ({"kind": "ems", "total": -5, "split": "unit"}, ["/total"]),
        ({"kind": "item", "total": 5}, ["/total"]),
        ({"kind": "adjustment", "total": 0, "member_id": ann}, ["/total"]),
        ({"kind": "adjustment", "total": 5}, ["/member_id"]),
        ({"kind": "late_fee"}, ["/late_for"]),
        ({"kind": "item", "hours": -1}, ["/due_at"]),
    ]
    for terms, pointers in cases:
        answer = await shop.bill(**terms)
        assert told(answer) == (422, "bill-incomplete"), terms
        assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers, terms


async def test_only_what_is_there_is_charged(shop: Shop) -> None:
    stranger = await fan(shop.site, "cleo")
    nowhere = str(uuid7())
    mine = shop.allocations[shop.ann][0]
    for terms, status, code in (
        ({"kind": "adjustment", "total": 5, "member_id": str(stranger.id)}, 404, "not-found"),
        ({"kind": "item", "allocation_ids": [nowhere]}, 404, "not-found"),
        ({"kind": "item", "allocation_ids": [mine, mine]}, 422, "duplicate-ids"),
        ({"kind": "late_fee", "late_for": nowhere}, 404, "not-found"),
        (
            {
                "kind": "ems",
                "total": 5,
                "split": "weight",
                "weights": [{"allocation_id": mine, "weight": 1}],
            },
            *(422, "bill-incomplete"),
        ),
    ):
        assert told(await shop.bill(**terms)) == (status, code), terms


async def test_payments_cover_dues_by_deadline(shop: Shop) -> None:
    _ = await shop.bill("item", hours=96)
    _ = await shop.bill("ems", total=300, split="unit", hours=48)
    _ = await shop.pay(shop.ann, 700)
    _ = await shop.pay(shop.ann, 550, confirmed=False)
    assert await shop.dues(shop.ann) == [
        *[("item", 1000, 1000, "reported"), ("item", 500, 50, "open")],
        *[("ems", 100, 100, "paid"), ("ems", 100, 100, "paid")],
    ]
    assert await shop.owed(shop.ann) == 450
    assert await shop.owed(shop.bea) == 2100


async def test_who_runs_the_order_answers_a_payment_once(shop: Shop) -> None:
    _ = await shop.bill()
    first = await shop.pay(shop.ann, 1000, confirmed=False)
    (seen,) = (await shop.olga.get(f"{shop.path}/payments")).json()["items"]
    assert (seen["state"], seen["allowed_actions"]) == ("reported", ["confirm", "dispute"])
    (mine,) = (await shop.ann.get(f"{shop.path}/payments")).json()["items"]
    assert mine["allowed_actions"] == []
    disputed = await shop.olga.post(f"/payments/{first}/dispute", {"reason": "Nothing has come."})
    assert (disputed.json()["state"], disputed.json()["reason"]) == (
        "disputed",
        "Nothing has come.",
    )
    assert await shop.owed(shop.ann) == 1500
    for command, body in (("confirm", None), ("dispute", {"reason": "Again"})):
        answer = await shop.olga.post(f"/payments/{first}/{command}", body)
        assert told(answer) == (409, "invalid-transition")
    await ensure_balanced(shop.site)


async def test_only_joiners_pay_and_only_who_runs_it_answers(shop: Shop) -> None:
    stranger, mod = await fan(shop.site, "cleo"), await moderator(shop.site)
    body = {"amount": 5, "method": "Cash"}
    for other in (stranger, mod, shop.olga):
        assert told(await other.post(f"{shop.path}/payments", body)) == (403, "joiners-only")
    payment = await shop.pay(shop.ann, 1000, confirmed=False)
    for other, status in ((shop.ann, 403), (mod, 403), (shop.bea, 404), (stranger, 404)):
        assert (await other.post(f"/payments/{payment}/confirm")).status_code == status


async def test_what_was_paid_beyond_what_is_due_can_be_refunded(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.pay(shop.ann, 1600)
    body = {"member_id": str(shop.ann.id), "amount": 101, "reason": "Paid too much."}
    answer = await shop.olga.post(f"{shop.path}/refunds", body)
    assert (told(answer), answer.json()["most"]) == ((409, "refund-too-large"), 100)
    answer = await shop.olga.post(f"{shop.path}/refunds", body | {"amount": 100})
    assert answer.status_code == 201, answer.text
    refund = answer.json()["id"]
    assert await shop.owed(shop.ann) == 0
    assert await shop.refunds(shop.ann) == [(100, "promised")]
    assert await shop.refunds(shop.bea) == []
    assert told(await shop.olga.post(f"/refunds/{refund}/confirm")) == (403, "receiver-only")
    assert told(await shop.bea.post(f"/refunds/{refund}/confirm")) == (404, "not-found")
    confirmed = await shop.ann.post(f"/refunds/{refund}/confirm")
    assert confirmed.json()["state"] == "confirmed"
    assert told(await shop.ann.post(f"/refunds/{refund}/confirm")) == (409, "invalid-transition")
    statement = (await shop.olga.get(f"{shop.path}/statement")).json()
    accounts = {each["name"]: each["balance"] for each in statement["accounts"]}
    assert (accounts["confirmed_cash"], accounts["refund_payable"]) == (1500, 0)


async def test_a_moderator_decides_where_a_receiver_is_silent(shop: Shop) -> None:
    mod = await moderator(shop.site)
    _ = await shop.pay(shop.ann, 100)
    body = {"member_id": str(shop.ann.id), "amount": 100, "reason": "Not needed."}
    refund = (await shop.olga.post(f"{shop.path}/refunds", body)).json()["id"]
    assert (await mod.post(f"/refunds/{refund}/confirm")).json()["state"] == "decided"
    assert await shop.owed(shop.ann) == 0


async def test_a_credit_is_no_money_that_has_arrived(shop: Shop) -> None:
    _ = await shop.bill("item")
    answer = await shop.bill("adjustment", total=-300, member_id=str(shop.ann.id))
    assert answer.status_code == 201, answer.text
    for allocation in shop.allocations[shop.ann]:
        answer = await shop.olga.post(f"/allocations/{allocation}/release", {"reason": "released"})
        assert answer.status_code == 200, answer.text
    assert await shop.owed(shop.ann) == -300
    assert await shop.refunds(shop.ann) == []
    _ = await shop.pay(shop.ann, 100)
    path, body = f"{shop.path}/refunds", {"member_id": str(shop.ann.id), "reason": "Too much."}
    beyond = await shop.olga.post(path, body | {"amount": 101})
    assert (told(beyond), beyond.json()["most"]) == ((409, "refund-too-large"), 100)
    refund = (await shop.olga.post(path, body | {"amount": 100})).json()["id"]
    assert (await shop.ann.post(f"/refunds/{refund}/confirm")).status_code == 200
    await ensure_balanced(shop.site)


async def test_what_is_charged_counts_for_what_an_organiser_has_in_hand(shop: Shop) -> None:
    refused = await shop.bill("fee", total=10_000_000, split="unit")
    assert told(refused) == (422, "exposure-capped")
    named = {name: refused.json()[name] for name in ("limit_key", "limit_value", "current_value")}
    assert named == {
        "limit_key": "exposure_euros",
        "limit_value": 500,
        "current_value": 100_000,
    }
    assert await shop.dues(shop.olga) == []
    assert (await shop.bill("item")).status_code == 201, "35 euros"
    assert (await shop.bill("fee", total=46_500, split="unit")).status_code == 201, "500 in all"
    assert told(await shop.bill("ems", total=1, split="unit")) == (422, "exposure-capped")
    cent: list[Any] = [{"item": "Sticker", "unit_price": 46_501}]
    round = await a_planned_round(shop.olga, shop.order, slots=cent)
    assert told(await shop.olga.post(f"/order-rounds/{round}/open")) == (422, "exposure-capped")
    cent[0]["unit_price"] = 46_500
    _ = await an_open_round(shop.olga, shop.order, slots=cent)
    credit = shop.bill("adjustment", total=-100, member_id=str(shop.ann.id))
    assert (await credit).status_code == 201
    assert (await shop.bill("ems", total=100, split="unit")).status_code == 201


async def test_who_has_more_in_hand_charges_what_was_offered(shop: Shop) -> None:
    await raise_to(1, shop.olga)
    assert (await shop.bill("item")).status_code == 201
    assert told(await shop.bill("ems", total=1, split="unit")) == (422, "exposure-capped")
