"""What becomes of the trades and copies of a member who is suspended or leaves (P10, T16, T17)."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from apps.collection.domain.copy import CopyState
from apps.collection.infrastructure.models import CopyModel
from apps.identity.domain.user import UserNotFound
from apps.trading.domain.terms import TradeId
from tests.support.deals import Deal, a_deal, ensure_sound, promises, told
from tests.support.departures import reinstate, remove, suspend
from tests.support.levels import confirm_address
from tests.support.mail import address_of, by_mail
from tests.support.rings import Ring, a_ring, trade_of
from tests.support.site import Member, Site

Departure = Callable[[Member], Awaitable[None]]


@pytest.fixture(params=[suspend, remove], ids=["suspended", "removed"])
def depart(request: pytest.FixtureRequest) -> Departure:
    departure: Departure = request.param
    return departure


async def at_fault(deal: Deal) -> list[str]:
    trade = await trade_of(deal.author.site, deal.id)
    blamed = {party.member for party in trade.parties if party.at_fault}
    return [each.nickname for each in (deal.author, deal.other) if each.id in blamed]


async def a_deal_by_mail(site: Site) -> Deal:
    """Ann proposes to Bea, both of level 0: Ann ships first."""
    ann, bea = await site.join("ann"), await site.join("bea")
    give, take = [await ann.hold()], [await bea.hold()]
    await confirm_address(ann, bea)
    home = await address_of(ann)
    answer = await ann.post("/trades", by_mail(bea, give=give, take=take, address=home))
    assert answer.status_code == 201, answer.text
    return Deal(ann, bea, give, take, TradeId(UUID(answer.json()["id"])))


@pytest.mark.parametrize("side", [0, 1])
async def test_proposals_lapse_whoever_of_the_two_leaves(
    site: Site, depart: Departure, side: int
) -> None:
    deal = await a_deal(site)
    leaver, stays = ((deal.author, deal.other), (deal.other, deal.author))[side]
    other = await a_deal(site, author=await site.join("eve"), other=stays)
    await depart(leaver)
    assert (await deal.state(), await other.state()) == ("lapsed", "proposed")
    assert await at_fault(deal) == []
    assert await promises(site, *deal.give) == {deal.give[0]: []}
    answer = await stays.post(f"{deal.path}/withdraw")
    assert told(answer) == (409, "invalid-transition")
    await ensure_sound(site)


async def test_what_was_agreed_is_called_off_by_the_leavers_fault(
    site: Site, depart: Departure
) -> None:
    deal = await a_deal(site)
    await deal.accept()
    await depart(deal.other)
    assert await deal.state() == "cancelled"
    assert await at_fault(deal) == ["bea"]
    assert not any((await promises(site, *deal.give, *deal.take)).values())
    again = await a_deal(site, author=deal.author, other=await site.join("eve"), give=deal.give)
    assert await again.state() == "proposed"
    await ensure_sound(site)


async def test_what_was_met_for_is_disputed_and_all_promises_stay(
    site: Site, depart: Departure
) -> None:
    deal = await a_deal(site)
    await deal.accept()
    await deal.confirm(deal.author)
    await depart(deal.other)
    trade = (await deal.author.get(deal.path)).json()
    assert (trade["state"], trade["dispute"]["kind"]) == ("disputed", "no_show")
    assert trade["dispute"]["opener"] is None
    assert all((await promises(site, *deal.give, *deal.take)).values())
    await ensure_sound(site)


async def test_what_was_sent_is_disputed_and_stays_in_transit(
    site: Site, depart: Departure
) -> None:
    deal = await a_deal_by_mail(site)
    consent = {"revision": 1, "address_id": await address_of(deal.other)}
    assert (await deal.other.post(f"{deal.path}/accept", consent)).status_code == 200
    legs = (await deal.author.get(deal.path)).json()["legs"]
    (leg,) = [leg["id"] for leg in legs if leg["from"] == str(deal.author.id)]
    body = {"carrier": "Post", "tracking_number": "RR 1"}
    sent = await deal.author.post(f"{deal.path}/legs/{leg}/ship", body)
    assert sent.status_code == 200, sent.text
    free = await deal.author.hold()
    await depart(deal.author)
    trade = (await deal.other.get(deal.path)).json()
    assert (trade["state"], trade["dispute"]["kind"]) == ("disputed", "not_sent")
    assert all((await promises(site, *deal.give, *deal.take)).values())
    kept = {deal.give[0]} if depart is remove else {deal.give[0], free}
    assert await held_by(deal.author) == kept
    await ensure_sound(site)


async def held_by(member: Member) -> set[UUID]:
    """The copies that are not gone."""
    theirs = CopyModel.owner_id == member.id
    return {
        *await member.site.ask(
            select(CopyModel.id).where(theirs, CopyModel.state != CopyState.GONE)
        )
    }


async def test_access_ends_at_once_and_a_reinstated_member_signs_in_anew(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    copy = await ann.hold()
    await suspend(ann)
    assert (await ann.get("/me")).status_code == 401
    for path in (f"/members/{ann.id}", f"/copies/{copy}"):
        assert told(await bea.get(path)) == (404, "not-found")
    await suspend(ann)
    await reinstate(ann)
    assert (await ann.get("/me")).status_code == 401, "that session is over"
    assert (await bea.get(f"/copies/{copy}")).status_code == 200
    await reinstate(ann)
    await a_deal(site, author=bea, other=ann, take=[copy])


async def test_a_suspended_binder_stays_and_a_removed_one_is_gone(site: Site) -> None:
    """Bea's copies: one proposed, one agreed on, one handed over at a meeting, and one free."""
    proposed = await a_deal(site)
    bea, free = proposed.other, await proposed.other.hold()
    agreed = await a_deal(site, author=proposed.author, other=bea)
    met = await a_deal(site, author=await site.join("eve"), other=bea)
    for each in (agreed, met):
        await each.accept()
    await met.confirm(met.author)
    await suspend(bea)
    assert await held_by(bea) == {free, *proposed.take, *agreed.take, *met.take}
    await remove(bea)
    assert await held_by(bea) == {*met.take}
    (gone,) = await site.ask(select(CopyModel).where(CopyModel.id == free))
    assert (gone.state, gone.for_trade, gone.note) == (CopyState.GONE, False, None)
    for decide in (remove, suspend, reinstate):
        with pytest.raises(UserNotFound):
            await decide(bea)
    await ensure_sound(site)


async def test_a_proposed_ring_dissolves_and_an_accepted_one_is_called_off(
    site: Site, depart: Departure
) -> None:
    proposed, accepted = await a_ring(site), await a_ring(site, mark="2")
    await proposed.accept(*proposed.members[:2])
    await accepted.accept()
    for ring in (proposed, accepted):
        await depart(ring.members[1])
    assert (await proposed.state(), await accepted.state()) == ("lapsed", "cancelled")
    assert (await proposed.at_fault(), await accepted.at_fault()) == ([], ["bea2"])
    assert await proposed.untouched()
    assert await accepted.untouched()
    await ensure_sound(site)


async def take(ring: Ring, *steps: str) -> None:
    """Such as "ship ann": what Ann gives is sent; "receive ann": the next one has it."""
    members = {member.nickname: member for member in ring.members}
    for step in steps:
        verb, name = step.split()
        answer = await {"ship": ring.ship, "receive": ring.receive}[verb](members[name])
        assert answer.status_code == 200, answer.text


async def test_of_a_ring_under_way_only_the_leavers_legs_are_disputed(
    site: Site, depart: Departure
) -> None:
    """Ann gives to Bea, Bea to Eve, Eve to Dan, and Dan to Ann; Bea leaves."""
    ring = await a_ring(site, size=4)
    await ring.accept()
    await take(ring, "ship ann", "ship eve")
    await depart(ring.members[1])
    dispute, legs = (await trade_of(site, ring.id)).dispute, await ring.legs()
    assert dispute is not None
    assert {str(leg) for leg in dispute.legs} == {legs["ann"]["id"], legs["bea"]["id"]}
    await take(ring, "receive eve", "ship dan", "receive dan")
    reached = {giver: leg["state"] for giver, leg in (await ring.legs()).items()}
    assert reached == {"ann": "shipped", "bea": "due", "eve": "received", "dan": "received"}
    assert await ring.state() == "disputed"
    await ensure_sound(site)


async def test_who_is_done_leaves_a_ring_that_goes_on(site: Site, depart: Departure) -> None:
    ring = await a_ring(site)
    await ring.accept()
    await take(ring, "ship ann", "ship bea", "receive ann", "receive bea")
    await depart(ring.members[1])
    assert await ring.state() == "fulfilling"
    await take(ring, "ship eve", "receive eve")
    assert await ring.state() == "completed"
    await ensure_sound(site)


async def test_a_block_dissolves_a_proposed_ring_and_no_accepted_one(site: Site) -> None:
    proposed, accepted = await a_ring(site), await a_ring(site, mark="2")
    await proposed.accept(*proposed.members[:2])
    await accepted.accept()
    for ring in (proposed, accepted):
        await ring.members[0].block(ring.members[2])
    assert (await proposed.state(), await accepted.state()) == ("lapsed", "accepted")
    assert await proposed.untouched()
    for verb in ("ship", "receive"):
        await take(accepted, *(f"{verb} {each.nickname}" for each in accepted.members))
    assert await accepted.state() == "completed"
    await ensure_sound(site)
