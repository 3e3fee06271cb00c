"""Claiming slots, waiting for them, and withdrawing, over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from uuid_utils.compat import uuid7

from apps.collection.contract import CopyId
from apps.group_orders.infrastructure.models import GroupOrderModel
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.rounds import (
    PRICE,
    a_scene,
    allocations,
    an_open_round,
    asked,
    claimed,
    fans,
    step,
)
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.levels import raise_to
from tests.support.site import Member, Site, proposal


async def claims(by: Member, round: str) -> dict[str, dict[str, Any]]:
    """What this member is shown of them, by nickname."""
    found = (await by.get(f"/order-rounds/{round}/claims", limit=100)).json()["items"]
    return {each["member"]["nickname"]: each for each in found}


async def expected(by: Member) -> list[dict[str, Any]]:
    """The copies that this member waits for."""
    copies = (await by.get("/me/copies", limit=100)).json()["items"]
    return [copy for copy in copies if copy["state"] == "expected"]


async def test_first_come_allocates_at_once_and_the_rest_waits(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann, ben = await fans(site, 2)
    claim = await claimed(ann, round, quantity=8)
    assert (claim["state"], claim["granted"], claim["sequence"]) == ("allocated", 8, 1)
    claim = await claimed(ben, round, quantity=3)
    assert (claim["state"], claim["granted"], claim["sequence"]) == ("waitlisted", 2, 2)
    seen = (await ann.get(f"/group-orders/{order}")).json()
    assert (seen["my_part"], seen["joiners"]) == ("joiner", 2)
    theirs = await allocations(ben, order)
    assert [(each["slot"], each["unit_price"], each["currency"]) for each in theirs] == [
        (9, PRICE, "EUR"),
        (10, PRICE, "EUR"),
    ]
    assert theirs[0]["member"] == {"id": str(ben.id), "nickname": "fan1"}
    assert theirs[0]["allowed_actions"] == ["transfer"]
    assert len(await allocations(olga, order)) == 10
    shown = (await olga.get(f"/order-rounds/{round}")).json()
    assert (shown["free_slots"], shown["claims"]) == (0, 2)


async def test_what_is_allocated_is_expected_in_the_binder(site: Site) -> None:
    _, order, round = await a_scene(site)
    ann = await fan(site, "ann")
    (card,) = await site.some_cards(1)
    want = (await ann.post("/me/wants", {"card_ids": [str(card)], "count": 3})).json()["id"]
    claim = await claimed(ann, round, quantity=2)
    copies = await expected(ann)
    assert {copy["card"]["id"] for copy in copies} == {str(card)}
    assert {copy["id"] for copy in copies} == {
        each["copy_id"] for each in await allocations(ann, order)
    }
    shown = (await ann.get(f"/me/wants/{want}")).json()
    assert (shown["count"], shown["open_slots"]) == (3, 1)
    _ = await ann.post(f"/claims/{claim['id']}/withdraw")
    assert await expected(ann) == []
    assert (await ann.get(f"/me/wants/{want}")).json()["open_slots"] == 3


async def test_an_expected_copy_is_neither_changed_nor_traded(site: Site) -> None:
    _, _, round = await a_scene(site)
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round)
    (copy,) = await expected(ann)
    path = f"/me/copies/{copy['id']}"
    refusals = [await ann.delete(path), await ann.patch(path, {"for_trade": True})]
    assert {told(answer) for answer in refusals} == {(409, "copy-on-its-way")}
    body = proposal(ben, give=[CopyId(UUID(copy["id"]))], take=[await ben.hold()])
    status, _ = told(await ann.post("/trades", body))
    assert status in {409, 422}
    assert (await expected(ann)) == [copy]
    assert (await ann.get(f"/copies/{copy['id']}/chain")).json()["items"] == []


async def test_items_that_are_no_cards_mint_no_copy(site: Site) -> None:
    slots = [{"item": "Poster", "unit_price": 300}]
    _, order, round = await a_scene(site, slots=slots)
    ann = await fan(site, "ann")
    assert (await claimed(ann, round, item=" Poster "))["state"] == "allocated"
    (theirs,) = await allocations(ann, order)
    assert (theirs["item"], theirs["copy_id"]) == ("Poster", None)
    assert await expected(ann) == []


async def test_who_withdraws_before_closing_leaves_the_slot_to_who_waits(site: Site) -> None:
    slots = [{"card_id": str((await site.some_cards(1))[0]), "unit_price": PRICE}]
    _, order, round = await a_scene(site, slots=slots)
    ann, ben, eve = await fans(site, 3)
    first, second, _ = [await claimed(each, round) for each in (ann, ben, eve)]
    answer = await ann.post(f"/claims/{first['id']}/withdraw")
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert await expected(ann) == []
    (ended,) = await allocations(ann, order, live=False)
    assert ended["end_reason"] == "withdrawn"
    (theirs,) = await allocations(ben, order)
    assert (theirs["claim_id"], theirs["slot"]) == (second["id"], 1)
    assert len(await expected(ben)) == 1
    assert await expected(eve) == []
    answer = await ann.post(f"/claims/{first['id']}/withdraw")
    assert told(answer) == (409, "invalid-transition")


async def test_after_closing_only_who_waits_withdraws(site: Site) -> None:
    slots = [{"item": "Poster", "unit_price": 300}]
    olga, _, round = await a_scene(site, slots=slots)
    ann, ben = await fans(site, 2)
    has, waits = [(await claimed(each, round, item="Poster"))["id"] for each in (ann, ben)]
    await step(olga, round, "close")
    answer = await ann.post(f"/claims/{has}/withdraw")
    assert told(answer) == (409, "invalid-transition")
    answer = await ben.post(f"/claims/{waits}/withdraw")
    assert answer.json()["state"] == "withdrawn"


@pytest.mark.parametrize("policy", ["first_come", "priority"])
async def test_after_closing_what_waits_is_let_go_and_what_was_given_is_kept(
    site: Site, policy: str
) -> None:
    slots = [{"item": "Poster", "unit_price": 300, "units": 2}]
    olga, order, round = await a_scene(site, policy=policy, slots=slots)
    ann, ben = await fans(site, 2)
    one, two = [
        await claimed(each, round, item="Poster", quantity=quantity, rank=1)
        for each, quantity in ((ann, 1), (ben, 2))
    ]
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    (kept,) = await allocations(ben, order)
    answer = await ben.post(f"/claims/{two['id']}/withdraw")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["state"], shown["granted"], shown["quantity"]) == ("allocated", 1, 1)
    (others,) = await allocations(ann, order)
    _ = await olga.post(f"/allocations/{others['id']}/release", {"reason": "released"})
    (left,) = await allocations(olga, order)
    assert left["id"] == kept["id"], "nothing more is forced on them"
    for by, claim in ((ben, two), (ann, one)):
        answer = await by.post(f"/claims/{claim['id']}/withdraw")
        assert told(answer) == (409, "invalid-transition"), "nothing of it waits"


async def test_what_was_fixed_for_a_policy_stays_until_it_is_allocated(site: Site) -> None:
    olga, _, round = await a_scene(site, policy="lottery")
    ann = await fan(site, "ann")
    claim = await claimed(ann, round)
    assert (claim["state"], claim["granted"]) == ("submitted", 0)
    await step(olga, round, "close")
    answer = await ann.post(f"/claims/{claim['id']}/withdraw")
    assert told(answer) == (409, "invalid-transition")


async def test_claims_are_shown_to_whose_they_are_and_to_who_runs_it(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann, ben, eve = await fans(site, 3)
    claim = await claimed(ann, round)
    _ = await claimed(ben, round)
    assert (await claims(olga, round)).keys() == {"fan0", "fan1"}
    mia = await organiser(site, "mia")
    await employ(mia, "moderator")
    assert (await claims(mia, round)).keys() == {"fan0", "fan1"}
    assert (await claims(ann, round)).keys() == {"fan0"}
    assert await claims(eve, round) == {}
    assert await allocations(eve, order) == []
    assert told(await eve.post(f"/claims/{claim['id']}/withdraw")) == (404, "not-found")
    assert told(await olga.post(f"/claims/{claim['id']}/withdraw")) == (403, "claimants-only")


async def test_who_may_join_is_held_against_the_terms(site: Site) -> None:
    olga = await organiser(site)
    order = await an_order(olga, min_trust_level=2)
    round = await an_open_round(olga, order)
    ann = await fan(site, "ann", level=1)
    assert told(await asked(ann, round)) == (403, "trust-level-too-low")
    await raise_to(2, ann)
    assert told(await asked(ann, round, rules_version=2)) == (409, "rules-changed")
    _ = await olga.patch(f"/group-orders/{order}", {"rules": "Pay at once."})
    assert told(await asked(ann, round)) == (409, "rules-changed")
    _ = await claimed(ann, round, rules_version=2)
    assert (await ann.get(f"/group-orders/{order}")).json()["my_joining"]["rules_version"] == 2
    ben = await site.join("ben")
    await raise_to(2, ben)
    assert told(await asked(ben, round, rules_version=2)) == (403, "email-not-verified")
    eve = await fan(site, "eve", level=2)
    await eve.block(olga)
    assert told(await asked(eve, round, rules_version=2)) == (404, "not-found")


@pytest.mark.parametrize("state", ["locked", "ordered"])
async def test_an_order_that_is_not_open_takes_nobody(site: Site, state: str) -> None:
    _, order, round = await a_scene(site)
    row = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
    await site.change(row.values(state=state))
    assert told(await asked(await fan(site, "ann"), round)) == (409, "order-not-open")


async def test_one_claim_for_one_thing(site: Site) -> None:
    _, _, round = await a_scene(site)
    ann = await fan(site, "ann")
    claim = await claimed(ann, round)
    assert told(await asked(ann, round)) == (409, "already-claimed")
    _ = await ann.post(f"/claims/{claim['id']}/withdraw")
    assert (await claimed(ann, round, quantity=2))["granted"] == 2


async def test_what_is_asked_for_is_in_the_round(site: Site) -> None:
    _, _, round = await a_scene(site)
    ann = await fan(site, "ann")
    answer = await asked(ann, round, item="Poster")
    assert told(answer) == (404, "not-found")
    assert answer.json()["errors"][0]["pointer"] == "/item"
    answer = await asked(ann, round, card_id=str(uuid7()))
    assert answer.json()["errors"][0]["pointer"] == "/card_id"


async def test_what_no_claim_can_be_is_refused(site: Site) -> None:
    _, _, round = await a_scene(site)
    ann = await fan(site, "ann")
    cases: list[dict[str, Any]] = [
        *({"quantity": 0}, {"quantity": 101}, {"rank": 0}, {"item": "A", "card_id": "x"})
    ]
    for wrong in cases:
        assert told(await asked(ann, round, **wrong)) == (422, "validation-failed"), wrong


async def test_a_cancelled_round_ends_what_it_had_allocated(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann = await fan(site, "ann")
    _ = await claimed(ann, round)
    await step(olga, round, "cancel")
    assert await expected(ann) == []
    (ended,) = await allocations(ann, order, live=False)
    assert ended["end_reason"] == "cancelled"
    assert (await claims(ann, round))["ann"]["state"] == "refused"
