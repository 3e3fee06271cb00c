"""What becomes of dues when allocations end or pass on, and when an order is called off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from uuid_utils.compat import uuid7

from apps.group_orders.domain.order_events import (
    GroupOrderCancelled,
    GroupOrderFailed,
    GroupOrderId,
)
from apps.group_orders.domain.round_events import AllocationEnded, AllocationTransferred
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
)
from apps.shared.application.work import Bus, UnitOfWork
from apps.shared.domain.model import Event
from apps.shared.infrastructure.current import Current
from tests.group_orders.money import Shop, a_shop, ensure_balanced
from tests.support.deals import told
from tests.support.site import Site

ALLOCATION, CLAIM = OrderAllocationModel, OrderClaimModel


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await a_shop(site)


async def happen(shop: Shop, changes: Sequence[Any], *events: Event) -> None:
    """Change rows and tell it in one transaction, as the use cases of rounds and orders do."""
    bus, current = await shop.site.port(Bus), await shop.site.port(Current)  # type: ignore[type-abstract]
    async with await shop.site.port(UnitOfWork):  # type: ignore[type-abstract]
        for change in changes:
            await current.session.execute(change)
        for event in events:
            await bus.publish(event)


async def told_of(shop: Shop, allocation: str) -> dict[str, Any]:
    at = (await shop.site.clock()).now()
    common = {"order": GroupOrderId(UUID(shop.order)), "round": uuid7(), "at": at}
    return common | {"allocation": UUID(allocation)}


async def end(shop: Shop, *allocations: str) -> None:
    """End allocations as a withdrawal or a release does."""
    at = (await shop.site.clock()).now()
    ids = [UUID(allocation) for allocation in allocations]
    ended = update(ALLOCATION).where(ALLOCATION.id.in_(ids))
    ended = ended.values(ended_at=at, end_reason=EndReason.RELEASED)
    events = [
        AllocationEnded(**await told_of(shop, each), member=shop.ann.id, reason=EndReason.RELEASED)
        for each in allocations
    ]
    await happen(shop, [ended], *events)


async def test_dues_end_with_their_allocation(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.bill("ems", total=300, split="unit")
    _ = await shop.pay(shop.ann, 1300)
    await end(shop, shop.allocations[shop.ann][0])
    assert await shop.dues(shop.ann) == [
        *[("item", 1000, 0, "reversed"), ("item", 500, 500, "paid")],
        *[("ems", 100, 0, "reversed"), ("ems", 100, 100, "paid")],
    ]
    assert await shop.refunds(shop.ann) == [(700, "promised")]
    assert (await shop.owed(shop.ann), await shop.owed(shop.bea)) == (0, 2100)
    await ensure_balanced(shop.site)


async def test_what_follows_from_the_rules_stays_promised(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.pay(shop.ann, 1500)
    await end(shop, *shop.allocations[shop.ann])
    (promised,) = [x for x in await shop.ledger(shop.olga) if x["kind"] == "refund_promised"]
    assert (promised["amount"], promised["actor_id"]) == (1500, None)
    body = {"reverses": promised["id"], "reason": "I keep it."}
    assert told(await shop.olga.post(f"{shop.path}/ledger", body)) == (409, "not-reversible")


async def test_dues_pass_on_with_their_allocation(shop: Shop) -> None:
    _ = await shop.bill(hours=1)
    _ = await shop.pay(shop.ann, 1500)
    first, successor = shop.allocations[shop.ann][0], uuid7()
    at = (await shop.site.clock()).now()
    (old,) = [
        each
        for each in await shop.site.ask(
            ALLOCATION.__table__.select().with_only_columns(ALLOCATION.id)
        )
        if str(each) == first
    ]
    (row,) = await shop.site.ask_rows(ALLOCATION, old)
    claim = {"id": uuid7(), "round_id": row.round_id, "member_id": shop.bea.id, "sequence": 99}
    claim |= {"item": "Item 1", "quantity": 1, "granted": 1, "state": "allocated"}
    new = {"id": successor, "slot_id": row.slot_id, "round_id": row.round_id}
    new |= {"claim_id": claim["id"], "group_order_id": row.group_order_id, "unit_price": 1000}
    handed_on = update(ALLOCATION).where(ALLOCATION.id == old)
    await happen(
        shop,
        [
            handed_on.values(ended_at=at, end_reason=EndReason.TRANSFERRED),
            insert(CLAIM).values(**claim, submitted_at=at),
            insert(ALLOCATION).values(**new, member_id=shop.bea.id, allocated_at=at),
        ],
        AllocationTransferred(
            **await told_of(shop, first),
            member=shop.ann.id,
            successor=successor,
            receiver=shop.bea.id,
        ),
    )
    assert await shop.dues(shop.ann) == [("item", 1000, 0, "reversed"), ("item", 500, 500, "paid")]
    assert await shop.dues(shop.bea) == [("item", 2000, 0, "open"), ("item", 1000, 0, "open")]
    assert await shop.refunds(shop.ann) == [(1000, "promised")]
    assert (await shop.owed(shop.ann), await shop.owed(shop.bea)) == (0, 3000)
    assert told(await shop.bill("item")) == (422, "nothing-to-share")
    await ensure_balanced(shop.site)


async def call_off(shop: Shop, state: str, event: type[Event]) -> None:
    at = (await shop.site.clock()).now()
    order = GroupOrderId(UUID(shop.order))
    over = update(GroupOrderModel).where(GroupOrderModel.id == order)
    happened = event(order=order, at=at)  # type: ignore[call-arg]
    await happen(shop, [over.values(state=state, ended_at=at)], happened)


async def test_all_that_was_paid_goes_back_from_a_cancelled_order(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.pay(shop.ann, 900)
    late = await shop.pay(shop.bea, 2000, confirmed=False)
    await call_off(shop, "cancelled", GroupOrderCancelled)
    assert {state for *_, state in await shop.dues(shop.olga)} == {"reversed"}
    assert await shop.refunds(shop.ann) == [(900, "promised")]
    assert await shop.refunds(shop.bea) == [], "it may never have arrived"
    assert (await shop.olga.post(f"/payments/{late}/confirm")).status_code == 200
    assert await shop.refunds(shop.bea) == [(2000, "promised")]
    assert (await shop.owed(shop.ann), await shop.owed(shop.bea)) == (0, 0)
    await ensure_balanced(shop.site)


async def test_what_was_not_taken_back_stays_due_in_a_failed_order(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.pay(shop.ann, 1600)
    await call_off(shop, "failed", GroupOrderFailed)
    assert await shop.refunds(shop.ann) == [(100, "promised")]
    assert {state for *_, state in await shop.dues(shop.olga)} == {"paid", "open"}
