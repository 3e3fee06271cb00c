"""Shipping, confirming, disputing and deciding, over HTTP; and what silence comes to."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from uuid_utils.compat import uuid7

from apps.group_orders.application.hand_out import ConfirmSilent, Receipts
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.audit import AuditEntryModel
from tests.group_orders.handing_out import PRICE, STEPS, a_moderator, a_parcel
from tests.group_orders.money import ensure_balanced
from tests.group_orders.orders import an_order, fan, organiser
from tests.group_orders.progress import later, locked, planned, reached, state_of
from tests.group_orders.rounds import allocations, an_open_round, claimed, fans, step
from tests.group_orders.test_milestones_api import news
from tests.support.authenticators import employ
from tests.support.deals import told
from tests.support.site import Site

WRONG = {"kind": "wrong_item", "text": "It is another member of the group."}
FINDING = {"upheld": True, "reason": "The picture shows another card."}


async def test_each_joiner_is_told_how_their_part_was_sent(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS[:3])
    for member, carrier, number in ((parcel.ann, "Post", "RR1"), (parcel.bea, "7-ELEVEN", None)):
        for each in await parcel.of(member):
            assert (each["carrier"], each["tracking_number"]) == (carrier, number)
            assert each["shipped_at"] is not None
            assert each["delivered_at"] is None
            assert each["allowed_actions"] == ["confirm", "dispute"]
    await parcel.reach("delivered")
    assert {each["delivered_at"] is None for each in await parcel.of(parcel.ann)} == {False}


async def test_shipments_are_for_who_waits_and_by_mail_for_all_of_them(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS[:2])
    eve, mine = await fan(site, "eve"), await parcel.shipments()
    milestone = await planned(parcel.olga, parcel.order, "domestic_shipped")
    path = f"/milestones/{milestone}/done"
    hers = mine[0] | {"member_id": str(eve.id)}
    answer = await parcel.olga.post(path, {"shipments": [*mine, hers]})
    assert told(answer) == (404, "not-found")
    assert answer.json()["errors"][0]["pointer"] == "/shipments/2/member_id"
    answer = await parcel.olga.post(path, {"shipments": [*mine, mine[0]]})
    assert told(answer) == (422, "duplicate-ids")
    answer = await parcel.olga.post(path, {"shipments": mine[:1]})
    assert told(answer) == (422, "shipments-missing")
    assert await state_of(parcel.olga, parcel.order) == "arrived"
    sorted_out = await planned(parcel.olga, parcel.order, "sorted")
    answer = await parcel.olga.post(f"/milestones/{sorted_out}/done", {"shipments": mine})
    assert told(answer) == (422, "shipments-unfit")


async def test_in_person_nothing_has_to_be_sent(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS[:2], ways=["in_person", "mail"])
    _ = await reached(parcel.olga, parcel.order, "domestic_shipped")
    assert {each["carrier"] for each in await parcel.of(parcel.bea)} == {None}


async def test_nothing_is_ordered_while_slots_are_to_be_had(site: Site) -> None:
    parcel = await a_parcel(site)
    round = await an_open_round(parcel.olga, parcel.order)
    _ = await step(parcel.olga, round, "close")
    await locked(parcel.olga, parcel.order)
    milestone = await planned(parcel.olga, parcel.order, "ordered")
    answer = await parcel.olga.post(f"/milestones/{milestone}/done")
    assert told(answer) == (409, "rounds-undecided")
    assert await state_of(parcel.olga, parcel.order) == "locked"
    assert (await parcel.olga.post(f"/order-rounds/{round}/cancel")).status_code == 200
    assert (await parcel.olga.post(f"/milestones/{milestone}/done")).status_code == 200


async def test_what_is_confirmed_is_in_the_binder_with_its_chain(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS[:3])
    card, item = await parcel.of(parcel.ann)
    assert await parcel.copy_of(card) == ("expected", parcel.ann.id)
    confirmed = (await parcel.ann.post(f"/allocations/{card['id']}/confirm")).json()
    assert (confirmed["confirmed_at"] is not None, confirmed["allowed_actions"]) == (True, [])
    assert await parcel.copy_of(card) == ("held", parcel.ann.id)
    assert card["copy_id"] in await parcel.ann.binder()
    chain = (await parcel.ann.get(f"/copies/{card['copy_id']}/chain")).json()["items"]
    assert len(chain) == 1
    assert str(parcel.olga.id) in str(chain)
    answer = await parcel.ann.post(f"/allocations/{card['id']}/confirm")
    assert told(answer) == (409, "invalid-transition")
    assert answer.json()["state"] == "received"
    assert (await parcel.ann.post(f"/allocations/{item['id']}/confirm")).status_code == 200
    assert await news(site, "group_order_delivery_confirmed") == 2


async def test_nobody_confirms_what_was_not_sent_or_is_not_theirs(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS[:2])
    eve, staff = await fan(site, "eve"), await a_moderator(site)
    card = await parcel.card_of(parcel.ann)
    answer = await parcel.ann.post(f"/allocations/{card}/confirm")
    assert (*told(answer), answer.json()["state"]) == (409, "invalid-transition", "expected")
    await parcel.reach("domestic_shipped")
    for path, body in (("confirm", None), ("dispute", WRONG)):
        for other in (parcel.olga, staff):
            answer = await other.post(f"/allocations/{card}/{path}", body)
            assert told(answer) == (403, "holders-only")
        for stranger in (eve, parcel.bea):
            answer = await stranger.post(f"/allocations/{card}/{path}", body)
            assert told(answer) == (404, "not-found")
        answer = await parcel.ann.post(f"/allocations/{uuid7()}/{path}", body)
        assert told(answer) == (404, "not-found")


async def test_a_dispute_is_for_seven_days_and_tells_no_contacts(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS)
    card, item = [str(each["id"]) for each in await parcel.of(parcel.ann)]
    contacts = WRONG | {"text": "Write to a@b.example"}
    answer = await parcel.ann.post(f"/allocations/{card}/dispute", contacts)
    assert told(answer) == (422, "contact-data")
    disputed = (await parcel.ann.post(f"/allocations/{card}/dispute", WRONG)).json()
    assert disputed["dispute"] | WRONG == disputed["dispute"]
    assert disputed["allowed_actions"] == []
    for path, body in (("dispute", WRONG), ("confirm", None)):
        answer = await parcel.ann.post(f"/allocations/{card}/{path}", body)
        assert (*told(answer), answer.json()["state"]) == (409, "invalid-transition", "disputed")
    await site.run("UPDATE order_allocations SET delivered_at = '2020-01-01 00:00:00.000000'")
    answer = await parcel.ann.post(f"/allocations/{item}/dispute", WRONG)
    assert told(answer) == (409, "invalid-transition")
    assert answer.json()["allowed_actions"] == ["confirm"]


async def test_where_an_order_is_stalled_nobody_has_to_wait(site: Site) -> None:
    parcel = await a_parcel(site, "ordered")
    card = await parcel.card_of(parcel.ann)
    gone = {"kind": "not_arrived", "text": "She does not answer any more."}
    answer = await parcel.ann.post(f"/allocations/{card}/dispute", gone)
    assert told(answer) == (409, "invalid-transition")
    await site.change(update(GroupOrderModel).values(stalled_at=GroupOrderModel.created_at))
    assert (await parcel.of(parcel.ann))[0]["allowed_actions"] == ["transfer", "dispute"]
    answer = await parcel.ann.post(f"/allocations/{card}/dispute", gone)
    assert answer.status_code == 200, answer.text


async def disputed(parcel: Any) -> str:
    card = await parcel.card_of(parcel.ann)
    assert (await parcel.ann.post(f"/allocations/{card}/dispute", WRONG)).status_code == 200
    return str(card)


async def test_an_upheld_dispute_ends_the_allocation_and_its_money_goes_back(site: Site) -> None:
    parcel = await a_parcel(site)
    await parcel.bill()
    await parcel.pay(parcel.ann, 2_000)
    await locked(parcel.olga, parcel.order)
    await parcel.reach(*STEPS)
    (before, _), staff = await parcel.of(parcel.ann), await a_moderator(site)
    card = await disputed(parcel)
    (seen,) = (await staff.get(f"{parcel.path}/allocations")).json()["items"][:1]
    assert seen["allowed_actions"] == ["decide"]
    answer = await staff.post(f"/allocations/{card}/decide", FINDING)
    assert answer.status_code == 200, answer.text
    assert answer.json()["end_reason"] == "refuted"
    assert answer.json()["dispute"]["decision"] == "upheld"
    assert await parcel.copy_of(before) == ("gone", parcel.ann.id)
    (refund,) = await parcel.refunds(parcel.ann)
    assert (refund["amount"], refund["state"]) == (PRICE, "promised")
    await ensure_balanced(site)
    answer = await staff.post(f"/allocations/{card}/decide", FINDING)
    assert (*told(answer), answer.json()["state"]) == (409, "invalid-transition", "ended")
    written = select(AuditEntryModel.action).where(AuditEntryModel.action == "allocation.decide")
    assert len(await site.ask(written)) == 1


async def test_a_dismissed_dispute_counts_as_received(site: Site) -> None:
    parcel, staff = await a_parcel(site, *STEPS), await a_moderator(site)
    before = (await parcel.of(parcel.ann))[0]
    card = await disputed(parcel)
    answer = await staff.post(f"/allocations/{card}/decide", FINDING | {"upheld": False})
    assert answer.json()["dispute"]["decision"] == "dismissed"
    assert answer.json()["confirmed_at"] is not None
    assert await parcel.copy_of(before) == ("held", parcel.ann.id)
    assert await parcel.refunds(parcel.ann) == []


async def test_who_decides_is_a_moderator_without_a_part_in_it(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS)
    eve, staff = await fan(site, "eve"), await a_moderator(site)
    card = await disputed(parcel)
    path = f"/allocations/{card}/decide"
    for other in (parcel.ann, parcel.olga):
        assert told(await other.post(path, FINDING)) == (403, "moderators-only")
    for stranger in (parcel.bea, eve):
        assert told(await stranger.post(path, FINDING)) == (404, "not-found")
    for party in (parcel.olga, parcel.bea, parcel.ann):
        await employ(party, "moderator")
        assert told(await party.post(path, FINDING)) == (403, "own-order")
    assert (await staff.post(path, FINDING)).status_code == 200


async def silent_in(site: Site, days: float) -> int:
    """In how many orders silence would count by then."""
    at = (await site.clock()).now() + timedelta(days=days)
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        receipts = await site.port(Receipts)  # type: ignore[type-abstract]
        return len(await receipts.silent_orders(at=at, limit=10))


async def test_silence_counts_as_received(site: Site) -> None:
    parcel = await a_parcel(site, *STEPS[:3])
    assert (await silent_in(site, 27.9), await silent_in(site, 28.1)) == (0, 1)
    await parcel.reach("delivered")
    card = await disputed(parcel)
    assert await (await later(site, ConfirmSilent, days=6.9))() == 0
    assert await (await later(site, ConfirmSilent, days=7.1))() == 1
    assert await (await later(site, ConfirmSilent, days=7.1))() == 0
    confirmed = {each["id"]: each["confirmed_at"] for each in await parcel.of(parcel.ann)}
    assert [id for id, at in confirmed.items() if at is None] == [card]
    (hers,) = await parcel.of(parcel.bea)
    assert await parcel.copy_of(hers) == ("held", parcel.bea.id)


async def test_what_did_not_come_goes_to_nobody_who_waits(site: Site) -> None:
    olga, (ann, bea, cat, dan) = await organiser(site), await fans(site, 4)
    order, staff = await an_order(olga), await a_moderator(site)
    slots = [{"item": "Poster", "unit_price": 500, "units": 2}]
    round = await an_open_round(olga, order, slots=slots)
    for member in (ann, bea, cat, dan):
        _ = await claimed(member, round, item="Poster")
    for action in ("close", "allocate"):
        _ = await step(olga, round, action)
    await locked(olga, order)
    _ = await reached(olga, order, "ordered")
    await site.change(update(GroupOrderModel).values(stalled_at=GroupOrderModel.created_at))
    (hers,), (other,) = await allocations(ann, order), await allocations(bea, order)
    why = {"kind": "not_arrived", "text": "It was never ordered."}
    assert (await ann.post(f"/allocations/{hers['id']}/dispute", why)).status_code == 200
    answer = await staff.post(f"/allocations/{hers['id']}/decide", FINDING)
    assert answer.status_code == 200, answer.text
    answer = await olga.post(f"/allocations/{other['id']}/release", {"reason": "released"})
    assert answer.status_code == 200, answer.text
    assert [each["member"]["id"] for each in await allocations(olga, order)] == [str(cat.id)]
