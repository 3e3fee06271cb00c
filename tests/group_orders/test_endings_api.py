"""Closing a group order, calling it off, and the money that has to go back first (G11)."""

from typing import Any

import pytest
from sqlalchemy import select

from apps.group_orders.domain.order_steps import OrderState
from apps.shared.infrastructure.audit import AuditEntryModel
from tests.group_orders.handing_out import STEPS, Parcel, a_moderator, a_parcel
from tests.group_orders.money import ensure_balanced
from tests.group_orders.orders import a_draft, an_order, fan, organiser
from tests.group_orders.progress import an_order_in, in_days, locked, state_of
from tests.group_orders.test_milestones_api import news
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.departures import suspend
from tests.support.levels import confirm_address
from tests.support.site import Site

WHY = {"reason": "The shop is sold out."}


async def all_confirmed(parcel: Parcel) -> None:
    for member in (parcel.ann, parcel.bea):
        for each in await parcel.of(member):
            answer = await member.post(f"/allocations/{each['id']}/confirm")
            assert answer.status_code == 200, answer.text


async def test_an_order_is_closed_once_everything_is_settled(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS)
    path = f"{parcel.path}/close"
    assert told(await parcel.olga.post(path)) == (409, "deliveries-open")
    await all_confirmed(parcel)
    payment = await parcel.pay(parcel.ann, 1_000, confirmed=False)
    assert told(await parcel.olga.post(path)) == (409, "payments-unanswered")
    assert (await parcel.olga.post(f"/payments/{payment}/confirm")).status_code == 200
    assert told(await parcel.olga.post(path)) == (409, "refunds-outstanding"), "not yet promised"
    body = {"member_id": str(parcel.ann.id), "amount": 1_000, "reason": "Paid twice."}
    refund = (await parcel.olga.post(f"{parcel.path}/refunds", body)).json()["id"]
    assert told(await parcel.olga.post(path)) == (409, "refunds-outstanding")
    assert (await parcel.ann.post(f"/refunds/{refund}/confirm")).status_code == 200
    for other in (parcel.ann, await a_moderator(site)):
        assert told(await other.post(path)) == (403, "organisers-only")
    closed = (await parcel.olga.post(path)).json()
    assert (closed["state"], closed["ended_at"] is not None) == ("closed", True)
    assert told(await parcel.olga.post(path)) == (409, "invalid-transition")
    assert await news(site, "group_order_closed") == 1


@pytest.mark.parametrize(
    ("state", "end"), [(OrderState.LOCKED, "cancelled"), (OrderState.IN_TRANSIT, "failed")]
)
async def test_an_order_is_called_off_once_and_not_closed(
    site: Site, state: OrderState, end: str
) -> None:
    olga = await organiser(site)
    order = await an_order_in(olga, state)
    path = f"/group-orders/{order}"
    assert (await olga.get(path)).json()["allowed_actions"] == ["change", "cancel"]
    assert told(await olga.post(f"{path}/close")) == (409, "invalid-transition")
    called_off = (await olga.post(f"{path}/cancel", WHY)).json()
    assert (called_off["state"], called_off["end_reason"]) == (end, WHY["reason"])
    assert called_off["allowed_actions"] == []
    for command, body in (("cancel", WHY), ("close", None)):
        assert told(await olga.post(f"{path}/{command}", body)) == (409, "invalid-transition")
    body = {"kind": "sorted", "planned_on": (await in_days(site, 1)).isoformat()}
    assert told(await olga.post(f"{path}/milestones", body)) == (409, "invalid-transition")


async def test_a_moderator_calls_off_what_its_organiser_has_left(site: Site) -> None:
    olga, max_, ann = await organiser(site), await fan(site, "max"), await fan(site, "ann")
    await employ(max_, "moderator")
    await confirm_address(max_)
    draft, order = f"/group-orders/{await a_draft(olga)}", f"/group-orders/{await an_order(olga)}"
    assert (await max_.get(draft)).json()["allowed_actions"] == []
    assert told(await max_.post(f"{draft}/cancel", WHY)) == (409, "invalid-transition")
    await suspend(olga)
    assert (await max_.get(order)).json()["allowed_actions"] == ["cancel"]
    assert told(await ann.post(f"{order}/cancel", WHY)) == (403, "organisers-only")
    called_off = (await max_.post(f"{order}/cancel", WHY)).json()
    assert (called_off["state"], called_off["allowed_actions"]) == ("cancelled", [])


async def test_why_it_comes_to_nothing_is_told_without_contacts(site: Site) -> None:
    olga, ann = await organiser(site), await fan(site, "ann")
    path = f"/group-orders/{await an_order(olga)}/cancel"
    assert told(await olga.post(path, {"reason": ""})) == (422, "validation-failed")
    assert told(await olga.post(path, {"reason": "a@b.example"})) == (422, "contact-data")
    assert told(await ann.post(path, WHY)) == (403, "organisers-only")


async def paid_and_called_off(site: Site) -> tuple[Parcel, str]:
    """An order that ann and bea have paid for; the draft of another one."""
    parcel = await a_parcel(site)
    await parcel.bill()
    await parcel.pay(parcel.ann, 2_000)
    await parcel.pay(parcel.bea, 1_000)
    another = await a_draft(parcel.olga)
    answer = await parcel.olga.post(f"{parcel.path}/cancel", WHY)
    assert answer.status_code == 200, answer.text
    return parcel, another


async def payable(parcel: Parcel) -> int:
    return sum(each["state"] == "promised" for each in await parcel.refunds(parcel.olga))


async def test_all_that_was_paid_is_payable_once_it_is_called_off(site: Site) -> None:
    parcel, another = await paid_and_called_off(site)
    assert await state_of(parcel.olga, parcel.order) == "cancelled"
    for member, amount in ((parcel.ann, 2_000), (parcel.bea, 1_000)):
        (refund,) = await parcel.refunds(member)
        assert (refund["amount"], refund["state"]) == (amount, "promised")
        assert {each["end_reason"] for each in await parcel.of(member, live=False)} == {"cancelled"}
    await ensure_balanced(site)
    staff, opening = await a_moderator(site), f"/group-orders/{another}/open"
    assert await payable(parcel) == 2
    assert told(await parcel.olga.post(opening)) == (409, "refunds-outstanding")
    (mine,), (hers,) = await parcel.refunds(parcel.ann), await parcel.refunds(parcel.bea)
    assert (await parcel.ann.post(f"/refunds/{mine['id']}/confirm")).status_code == 200
    assert await payable(parcel) == 1
    assert told(await parcel.olga.post(opening)) == (409, "refunds-outstanding")
    assert (await staff.post(f"/refunds/{hers['id']}/confirm")).status_code == 200
    assert await payable(parcel) == 0
    assert (await parcel.olga.post(opening)).status_code == 200
    await ensure_balanced(site)


async def test_what_was_under_way_is_payable_as_soon_as_it_has_arrived(site: Site) -> None:
    parcel = await a_parcel(site)
    await parcel.bill()
    payment = await parcel.pay(parcel.ann, 2_000, confirmed=False)
    assert (await parcel.olga.post(f"{parcel.path}/cancel", WHY)).status_code == 200
    assert await payable(parcel) == 0
    opening = f"/group-orders/{await a_draft(parcel.olga)}/open"
    assert told(await parcel.olga.post(opening)) == (409, "payments-unanswered")
    assert told(await parcel.olga.delete("/me"))[1] == "open-orders"
    assert (await parcel.olga.post(f"/payments/{payment}/confirm")).status_code == 200
    assert await payable(parcel) == 1
    await ensure_balanced(site)


async def test_a_failed_order_owes_what_it_has_not_delivered(site: Site) -> None:
    parcel = await a_parcel(site)
    await parcel.bill()
    await parcel.pay(parcel.ann, 2_000)
    await parcel.pay(parcel.bea, 1_500)
    await locked(parcel.olga, parcel.order)
    await parcel.reach(*STEPS[:3])
    (card,) = await parcel.of(parcel.bea)
    assert (await parcel.bea.post(f"/allocations/{card['id']}/confirm")).status_code == 200
    answer = await parcel.olga.post(f"{parcel.path}/cancel", WHY)
    assert answer.json()["state"] == "failed"
    assert await payable(parcel) == 1
    (refund,) = await parcel.refunds(parcel.ann)
    assert refund["amount"] == 2_000
    assert await parcel.refunds(parcel.bea) == []
    assert await parcel.copy_of(card) == ("held", parcel.bea.id)
    lost: list[dict[str, Any]] = await parcel.of(parcel.ann, live=False)
    assert await parcel.copy_of(lost[0]) == ("gone", parcel.ann.id)
    await ensure_balanced(site)


async def test_what_a_moderator_does_to_an_order_is_in_the_audit_log(site: Site) -> None:
    parcel, staff = await a_parcel(site), await a_moderator(site)
    await parcel.bill()
    await parcel.pay(parcel.ann, 2_000)
    assert (await staff.post(f"{parcel.path}/cancel", WHY)).status_code == 200
    (refund,) = await parcel.refunds(parcel.ann)
    assert (await staff.post(f"/refunds/{refund['id']}/confirm")).status_code == 200
    written = await site.ask(select(AuditEntryModel.action))
    assert {"group-order.cancel", "refund.decide"} <= {*written}
