"""What becomes of rounds as their order ends, and as cards are merged."""

import json
from uuid import UUID

import pytest
from sqlalchemy import select, update

from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.outbox import OutboxModel
from tests.group_orders.recipe import faults_of
from tests.group_orders.rounds import a_scene, allocations, claimed, fans, step
from tests.group_orders.test_claims_api import claims, expected
from tests.support.authenticators import employ
from tests.support.site import Site

CARDS = 2


async def end(site: Site, order: str, state: OrderState) -> None:
    """As who runs it ends it."""
    orders = await site.port(GroupOrderRepository)  # type: ignore[type-abstract]
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        found = await orders.lock(GroupOrderId(UUID(order)))
        now = (await site.clock()).now()
        found.end(state, by=Part.ORGANISER, reason=None, at=now)
        await orders.save(found)


async def bring_to(site: Site, order: str, state: OrderState) -> None:
    """As milestones do it."""
    row = update(GroupOrderModel).where(GroupOrderModel.id == UUID(order))
    await site.change(row.values(state=state))


async def test_what_was_called_off_is_expected_by_nobody(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round, quantity=10)
    _ = await claimed(ben, round)
    await end(site, order, OrderState.CANCELLED)
    assert await expected(ann) == []
    ended = await allocations(ann, order, live=False)
    assert {each["end_reason"] for each in ended} == {"cancelled"}
    states = {name: each["state"] for name, each in (await claims(olga, round)).items()}
    assert states == {"fan0": "refused", "fan1": "refused"}
    assert (await ann.get(f"/order-rounds/{round}")).json()["state"] == "cancelled"
    kind = OutboxModel.kind == "group_order_allocation_ended"
    assert len(await site.ask(select(OutboxModel.id).where(kind))) == 10


async def test_what_was_delivered_before_an_order_failed_stays(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round, quantity=2)
    _ = await claimed(ben, round, quantity=9)
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    await bring_to(site, order, OrderState.DISTRIBUTING)
    kept, _ = await allocations(ann, order)
    row = update(OrderAllocationModel).where(OrderAllocationModel.id == UUID(kept["id"]))
    await site.change(row.values(delivered_at=(await site.clock()).now()))
    await end(site, order, OrderState.FAILED)
    assert [each["id"] for each in await allocations(olga, order)] == [kept["id"]]
    found = await claims(olga, round)
    assert (found["fan0"]["state"], found["fan0"]["granted"]) == ("allocated", 1)
    assert (found["fan1"]["state"], found["fan1"]["granted"]) == ("refused", 0)
    assert (await ann.get(f"/order-rounds/{round}")).json()["state"] == "settled"


async def test_a_closed_order_settles_its_rounds(site: Site) -> None:
    olga, order, round = await a_scene(site)
    ann, ben = await fans(site, 2)
    _ = await claimed(ann, round, quantity=10)
    _ = await claimed(ben, round)
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    await bring_to(site, order, OrderState.DISTRIBUTING)
    await end(site, order, OrderState.CLOSED)
    assert (await ann.get(f"/order-rounds/{round}")).json()["state"] == "settled"
    states = {name: each["state"] for name, each in (await claims(olga, round)).items()}
    assert states == {"fan0": "allocated", "fan1": "refused"}
    assert len(await allocations(ann, order)) == 10


async def test_what_a_draw_gave_stays_so_when_cards_are_merged(site: Site) -> None:
    card, into = await site.some_cards(CARDS)
    few, many = [
        {"card_id": str(each), "unit_price": 900, "units": units}
        for each, units in ((card, 1), (into, 2))
    ]
    olga, order, round = await a_scene(site, policy="lottery", slots=[many, few])
    ann, ben = await fans(site, 2)
    one = await claimed(ann, round, card_id=str(into))
    two = await claimed(ben, round, card_id=str(card), quantity=3)
    await step(olga, round, "close")
    await step(olga, round, "allocate")
    path = f"/order-rounds/{round}/draw"
    drawn = (await olga.get(path)).json()
    assert drawn["outcome"] == [
        {"slot": 1, "claim_id": one["id"]},
        {"slot": 3, "claim_id": two["id"]},
    ]
    mia = await site.join("mia")
    await employ(mia, "moderator")
    assert (await mia.post(f"/cards/{card}/merge", {"into": str(into)})).is_success
    (hers,) = await allocations(ann, order)
    _ = await olga.post(f"/allocations/{hers['id']}/release", {"reason": "released"})
    assert [each["slot"] for each in await allocations(ben, order)] == [3, 1, 2]
    shown = (await olga.get(path)).json()
    assert shown == drawn, "what was nobody's was given later, not by the draw"
    assert faults_of(shown) == []


@pytest.mark.parametrize("policy", ["first_come", "lottery"])
async def test_slots_and_claims_follow_a_card_that_is_merged(site: Site, policy: str) -> None:
    card, into = await site.some_cards(CARDS)
    slots = [{"card_id": str(card), "unit_price": 900}]
    olga, order, round = await a_scene(site, policy=policy, slots=slots)
    ann, ben = await fans(site, 2)
    for each in (ann, ben):
        _ = await claimed(each, round)
    await step(olga, round, "close")
    mia = await site.join("mia")
    await employ(mia, "moderator")
    body = {"into": str(into)}
    answer = await mia.post(f"/cards/{card}/merge", body)
    assert answer.is_success, answer.text
    await step(olga, round, "allocate")
    (held,) = await allocations(olga, order)
    assert held["card_id"] == str(into)
    winner = ann if held["member"]["id"] == str(ann.id) else ben
    assert [copy["card"]["id"] for copy in await expected(winner)] == [str(into)]
    assert {each["card_id"] for each in (await claims(olga, round)).values()} == {str(into)}
    late = await winner.post(f"/order-rounds/{round}/claims", {"rules_version": 1, "item": "A"})
    assert late.status_code == 409
    if policy == "lottery":
        shown = (await winner.get(f"/order-rounds/{round}/draw")).json()
        assert faults_of(shown) == []
        assert json.loads(shown["input"])["slots"] == [{"number": 1, "thing": f"card:{card}"}]
