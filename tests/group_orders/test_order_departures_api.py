"""What becomes of group orders when who runs or has joined them leaves (P10)."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from apps.group_orders.application.claim_slots import SubmitClaim
from apps.group_orders.application.hand_over import HandOverOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.identity.domain.user import Status
from apps.identity.infrastructure.models import UserModel
from apps.shared.application.work import UnitOfWork
from tests.group_orders import rounds
from tests.group_orders.handing_over import a_scene, join, somebody
from tests.group_orders.orders import a_draft, an_order
from tests.group_orders.rows import a_claim, a_refund, a_round, an_allocation
from tests.support.deals import told
from tests.support.departures import remove, suspend
from tests.support.site import Member, Site, elsewhere
from tests.support.stores import LOCKED, UNLOCKED
from tests.support.weakening import an_unguarded_site


async def refused(member: Member, *orders: str) -> None:
    """The member cannot leave, since these orders are not over."""
    answer = await member.delete("/me")
    assert told(answer) == (409, "open-orders"), answer.text
    assert answer.json()["group_order_ids"] == list(orders)
    assert (await member.get("/me")).status_code == 200, "and is still signed in"


async def end(site: Site, state: str = "closed") -> None:
    await site.run(f"UPDATE group_orders SET state = '{state}', ended_at = created_at")


async def stalled(site: Site, order: str) -> bool:
    row = select(GroupOrderModel.stalled_at).where(GroupOrderModel.id == UUID(order))
    return (await site.ask(row)) != [None]


async def test_an_organiser_ends_their_order_first(site: Site) -> None:
    olga = await somebody(site)
    order = await an_order(olga)
    await refused(olga, order)
    assert not await stalled(site, order), "nothing else has happened either"
    await end(site)
    assert (await olga.delete("/me")).status_code == 202


async def test_nobody_waits_for_a_draft(site: Site) -> None:
    olga = await somebody(site)
    _ = await a_draft(olga)
    assert (await olga.delete("/me")).status_code == 202


async def test_an_organiser_gives_back_first_what_was_paid(site: Site) -> None:
    olga, ann = await somebody(site), await somebody(site, 1)
    order = await an_order(olga)
    await join(order, ann)
    refund = await a_refund(ann, order)
    await end(site, "cancelled")
    for member in (olga, ann):
        await refused(member, order)
    ended = "UPDATE order_refunds SET state = 'confirmed', ended_at = promised_at"
    await site.run(ended)
    for member in (olga, ann):
        assert (await member.delete("/me")).status_code == 202, refund


async def test_a_joiner_waits_for_what_is_theirs(site: Site) -> None:
    olga, ann, bea = await somebody(site), await somebody(site, 1), await somebody(site, 1)
    order = await an_order(olga)
    await join(order, ann, bea)
    await an_allocation(ann, order)
    await refused(ann, order)
    assert (await bea.delete("/me")).status_code == 202, "she has nothing there"
    await site.run("UPDATE order_allocations SET confirmed_at = allocated_at")
    assert (await ann.delete("/me")).status_code == 202


async def test_what_is_released_or_over_keeps_no_joiner(site: Site) -> None:
    olga, ann, bea = await somebody(site), await somebody(site, 1), await somebody(site, 1)
    order = await an_order(olga)
    await an_allocation(ann, order)
    await site.run("UPDATE order_allocations SET ended_at = allocated_at, end_reason = 'released'")
    assert (await ann.delete("/me")).status_code == 202
    await site.run("DELETE FROM order_allocations")
    await site.run("DELETE FROM order_claims")
    await site.run("DELETE FROM order_slots")
    await site.run("DELETE FROM order_rounds")
    await an_allocation(bea, order)
    await end(site)
    assert (await bea.delete("/me")).status_code == 202


@pytest.mark.parametrize("how", ["closed", "past its end"])
async def test_what_is_about_to_be_handed_out_keeps_who_has_claimed_it(
    site: Site, how: str
) -> None:
    olga, ann = await somebody(site), await somebody(site, 1)
    order = await an_order(olga)
    past = (await site.clock()).now() - timedelta(seconds=1)
    more = {"state": "closed", "closed_at": past} if how == "closed" else {}
    await a_claim(ann, await a_round(site, order, closes_at=past, **more))
    await refused(ann, order)


@pytest.mark.parametrize("leave", [suspend, remove])
async def test_the_orders_of_who_is_put_out_are_stalled(site: Site, leave: object) -> None:
    scene = await a_scene(site, joiners=1)
    draft = await a_draft(scene.olga)
    await leave(scene.olga)  # type: ignore[operator]
    assert await stalled(site, scene.order)
    assert not await stalled(site, draft)
    shown = (await scene.cora.get(f"/group-orders/{scene.order}")).json()
    assert (shown["state"], shown["organiser"]["nickname"]) == ("open", None)
    await scene.steps(scene.cora, scene.mia, *scene.joiners)
    assert await scene.run_by() == (str(scene.cora.id), None)
    assert not await stalled(site, scene.order), "somebody answers for it again"


@pytest.mark.parametrize("leaves", ["by herself", "put out"])
async def test_who_leaves_helps_no_more(site: Site, leaves: str) -> None:
    scene = await a_scene(site)
    if leaves == "by herself":
        assert (await scene.cora.delete("/me")).status_code == 202
    else:
        await suspend(scene.cora)
    shown = (await scene.olga.get(f"/group-orders/{scene.order}")).json()
    assert (shown["co_organiser"], shown["my_part"]) == (None, "organiser")


@pytest.mark.parametrize("leaves", ["by herself", "put out"])
async def test_what_is_claimed_in_an_open_round_is_withdrawn(site: Site, leaves: str) -> None:
    olga, order, round = await rounds.a_scene(site, slots=[{"item": "Poster", "unit_price": 300}])
    ann, bea = await rounds.fans(site, 2)
    for each in (ann, bea):
        await rounds.claimed(each, round, item="Poster")
    (hers,) = await rounds.allocations(olga, order)
    assert hers["member"]["id"] == str(ann.id)
    if leaves == "by herself":
        assert (await ann.delete("/me")).status_code == 202
    else:
        await suspend(ann)
    (next,) = await rounds.allocations(olga, order)
    assert next["member"]["id"] == str(bea.id), "who waited has moved up"
    await refused_after_closing(olga, bea, order, round)


async def refused_after_closing(olga: Member, joiner: Member, order: str, round: str) -> None:
    await rounds.step(olga, round, "close")
    await refused(joiner, order)


async def test_who_only_waits_leaves_at_any_time(site: Site) -> None:
    olga, order, round = await rounds.a_scene(site, slots=[{"item": "Poster", "unit_price": 300}])
    ann, bea = await rounds.fans(site, 2)
    for each in (ann, bea):
        await rounds.claimed(each, round, item="Poster")
    await rounds.step(olga, round, "close")
    assert (await bea.delete("/me")).status_code == 202
    (claim,) = (await olga.get(f"/order-rounds/{round}/claims")).json()["items"][1:]
    assert claim["state"] == "withdrawn", order


async def test_who_is_put_out_keeps_what_they_have_and_waits_for_nothing(site: Site) -> None:
    olga, order, round = await rounds.a_scene(site, slots=[{"item": "Poster", "unit_price": 300}])
    (ann,) = await rounds.fans(site, 1)
    await rounds.claimed(ann, round, item="Poster", quantity=2)
    await rounds.step(olga, round, "close")
    await suspend(ann)
    (claim,) = (await olga.get(f"/order-rounds/{round}/claims")).json()["items"]
    assert (claim["state"], claim["quantity"], claim["granted"]) == ("allocated", 1, 1)
    assert len(await rounds.allocations(olga, order)) == 1


async def left_with_a_card(site: Site, *, patience: float) -> bool:
    """A claim is about to be kept when its member leaves; whether they have gone with a slot."""
    _, _, round = await rounds.a_scene(site, slots=[{"item": "Poster", "unit_price": 300}])
    (ann,) = await rounds.fans(site, 1)
    claim = await site.port(SubmitClaim)
    more = {"item": "Poster", "quantity": 1, "rank": None, "rules_version": 1}
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await claim(OrderRoundId(UUID(round)), by=ann.id, card_id=None, **more)  # type: ignore[arg-type]
        leaving = elsewhere(ann.delete("/me"))
        await asyncio.wait([leaving], timeout=patience)
    assert told(await leaving) == (202, None)
    live = select(OrderAllocationModel.id).where(OrderAllocationModel.ended_at.is_(None))
    return await site.ask(live) != []


async def test_nobody_leaves_with_a_claim(site: Site) -> None:
    assert not await left_with_a_card(site, patience=LOCKED)


async def test_without_locks_somebody_would(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        assert await left_with_a_card(site, patience=UNLOCKED)


async def left_without(site: Site, *, patience: float) -> bool:
    """The last vote is about to be kept when the new organiser leaves, for whom it then waits.

    Whether the order is left to who has gone; `patience` is for how many seconds they may take.
    """
    scene = await a_scene(site, joiners=1)
    await scene.steps(scene.cora, scene.mia)
    hand_over = await site.port(HandOverOrder)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        await hand_over(GroupOrderId(UUID(scene.order)), by=scene.joiners[0].id, reason=None)
        leaving = elsewhere(scene.cora.delete("/me"))
        await asyncio.wait([leaving], timeout=patience)
    assert told(await leaving) in {(202, None), (409, "open-orders")}
    row = select(GroupOrderModel.organiser_id).where(GroupOrderModel.id == UUID(scene.order))
    assert await site.ask(row) == [scene.cora.id]
    status = select(UserModel.status).where(UserModel.id == scene.cora.id)
    return await site.ask(status) != [Status.ACTIVE]


async def test_no_order_is_handed_over_to_who_is_leaving(site: Site) -> None:
    assert not await left_without(site, patience=LOCKED)


async def test_without_locks_one_would_be(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        assert await left_without(site, patience=UNLOCKED)
