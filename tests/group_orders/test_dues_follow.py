"""What becomes of dues when allocations end or pass on, and when an order is called off."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from apps.group_orders.domain.order_events import (
    GroupOrderCancelled,
    GroupOrderFailed,
    GroupOrderId,
)
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderPaymentModel
from apps.shared.application.work import Bus, UnitOfWork
from apps.shared.domain.model import Event
from apps.shared.infrastructure.current import Current
from tests.group_orders.money import Shop, a_shop, ensure_balanced, let_pass
from tests.group_orders.rounds import an_open_round, asked
from tests.support.deals import told
from tests.support.site import Site


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


async def release(shop: Shop, *allocations: str, reason: str = "released") -> Any:
    """Take them from who holds them; the last answer."""
    for each in allocations:
        answer = await shop.olga.post(f"/allocations/{each}/release", {"reason": reason})
    return answer


async def test_dues_end_with_their_allocation(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.bill("ems", total=300, split="unit")
    _ = await shop.pay(shop.ann, 1300)
    _ = await release(shop, shop.allocations[shop.ann][0])
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
    _ = await release(shop, *shop.allocations[shop.ann])
    first, second = [
        each for each in await shop.ledger(shop.olga) if each["kind"] == "refund_promised"
    ]
    assert [first["amount"], second["amount"]] == [1000, 500]
    assert first["actor_id"] is None
    body = {"reverses": first["id"], "reason": "I keep it."}
    assert told(await shop.olga.post(f"{shop.path}/ledger", body)) == (409, "not-reversible")


async def test_dues_pass_on_with_their_allocation(shop: Shop) -> None:
    _ = await shop.bill(hours=1)
    _ = await shop.pay(shop.ann, 1500)
    first = shop.allocations[shop.ann][0]
    offered = await shop.ann.post(f"/allocations/{first}/transfer", {"to": str(shop.bea.id)})
    assert offered.status_code == 200, offered.text
    accepted = await shop.bea.post(f"/allocations/{first}/accept", {"rules_version": 1})
    assert accepted.status_code in {200, 201}, accepted.text
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


async def test_what_is_of_no_allocation_stays_due_in_a_failed_order(shop: Shop) -> None:
    _ = await shop.bill()
    _ = await shop.bill("adjustment", total=50, member_id=str(shop.ann.id))
    _ = await shop.pay(shop.ann, 1600)
    await call_off(shop, "failed", GroupOrderFailed)
    assert await shop.refunds(shop.ann) == [(1550, "promised")]
    states = {(kind, state) for kind, _, _, state in await shop.dues(shop.ann)}
    assert states == {("item", "reversed"), ("adjustment", "paid")}
    await ensure_balanced(shop.site)


async def test_who_has_not_paid_what_is_overdue_claims_no_more(shop: Shop) -> None:
    later = await an_open_round(shop.olga, shop.order, title="Second")
    _ = await shop.bill(hours=24)
    answer = await asked(shop.ann, later)
    assert answer.status_code == 201, "it is not overdue yet"
    await let_pass(shop, timedelta(hours=25))
    assert told(await asked(shop.bea, later)) == (409, "unpaid-dues")
    _ = await shop.pay(shop.bea, 2000, confirmed=False)
    assert (await asked(shop.bea, later)).status_code == 201, "the organiser has to answer now"


async def test_what_is_not_paid_for_two_days_can_be_reclaimed(shop: Shop) -> None:
    (allocation,) = shop.allocations[shop.bea]
    _ = await shop.bill(hours=24)
    await let_pass(shop, timedelta(hours=24 + 47))
    answer = await release(shop, allocation, reason="reclaimed")
    assert told(answer) == (409, "not-overdue")
    await let_pass(shop, timedelta(hours=2))
    answer = await release(shop, allocation, reason="reclaimed")
    assert answer.status_code == 200, answer.text
    assert await shop.dues(shop.bea) == [("item", 2000, 0, "reversed")]


async def test_who_reported_in_time_has_two_days_from_the_answer(shop: Shop) -> None:
    (allocation,) = shop.allocations[shop.bea]
    _ = await shop.bill(hours=24)
    payment = await shop.pay(shop.bea, 2000, confirmed=False)
    await let_pass(shop, timedelta(hours=150))
    answer = await shop.olga.post(f"/payments/{payment}/dispute", {"reason": "Nothing came."})
    assert answer.status_code == 200, answer.text
    again = await release(shop, allocation, reason="reclaimed")
    assert told(again) == (409, "not-overdue")
    answered = OrderPaymentModel.answered_at
    before = (await shop.site.clock()).now() - timedelta(hours=49)
    await shop.site.change(update(OrderPaymentModel).values({answered: before}))
    answer = await release(shop, allocation, reason="reclaimed")
    assert answer.status_code == 200, answer.text
