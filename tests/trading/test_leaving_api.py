"""What becomes of the trades of a member who deletes their account (P10)."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.identity.domain.user import Status
from apps.identity.infrastructure.models import UserModel
from apps.trading.domain.moves import AGREED, State
from apps.trading.infrastructure.models import TradeModel
from tests.support.deals import a_deal, ensure_sound, promises, told
from tests.support.rings import a_ring
from tests.support.site import Member, Site, proposal
from tests.support.weakening import an_unguarded_site

ROUNDS = 15


async def status_of(member: Member) -> Status:
    (status,) = await member.site.ask(select(UserModel.status).where(UserModel.id == member.id))
    assert isinstance(status, Status)
    return status


@pytest.mark.parametrize("side", [0, 1])
async def test_proposals_lapse_whoever_of_the_two_leaves(site: Site, side: int) -> None:
    deal = await a_deal(site)
    leaver, stays = ((deal.author, deal.other), (deal.other, deal.author))[side]
    other = await a_deal(site, author=await site.join("eve"), other=stays)
    assert (await leaver.delete("/me")).status_code == 202
    assert (await deal.state(), await other.state()) == ("lapsed", "proposed")
    assert await promises(site, *deal.give) == {deal.give[0]: []}
    shown = (await stays.get(deal.path)).json()
    assert {party["nickname"] for party in shown["parties"]} == {stays.nickname, None}
    await ensure_sound(site)


@pytest.mark.parametrize("reached", ["accepted", "fulfilling", "disputed"])
async def test_who_has_agreed_on_a_trade_ends_it_first(site: Site, reached: str) -> None:
    deal = await a_deal(site)
    lost = await a_deal(site, author=await site.join("eve"), other=deal.other)
    await deal.accept()
    if reached == "fulfilling":
        await deal.confirm(deal.author)
    if reached == "disputed":
        complaint = {"kind": "no_show", "text": "Nobody came."}
        assert (await deal.author.post(f"{deal.path}/dispute", complaint)).status_code == 200
    for party in (deal.author, deal.other):
        refused = await party.delete("/me")
        assert told(refused) == (409, "open-trades")
        assert refused.json()["trade_ids"] == [str(deal.id)]
        assert await status_of(party) is Status.ACTIVE
        assert (await party.get("/me")).status_code == 200, "and is still signed in"
    assert (await deal.state(), await lost.state()) == (reached, "proposed"), "nothing else either"
    await ensure_sound(site)


async def test_what_is_over_keeps_nobody(site: Site) -> None:
    deal = await a_deal(site)
    await deal.complete()
    cancelled = await a_deal(site, author=deal.author, other=deal.other)
    await cancelled.accept()
    assert (await deal.author.post(f"{cancelled.path}/cancel")).status_code == 200
    assert (await deal.author.delete("/me")).status_code == 202
    history = (await deal.other.get(f"{deal.path}/events")).json()["items"]
    assert history[-1]["kind"] == "trade_completed"
    await ensure_sound(site)


async def test_a_proposed_ring_dissolves_and_an_accepted_one_keeps_its_members(site: Site) -> None:
    proposed, accepted = await a_ring(site), await a_ring(site, mark="2")
    await proposed.accept(*proposed.members[:2])
    await accepted.accept()
    assert (await proposed.members[1].delete("/me")).status_code == 202
    assert told(await accepted.members[1].delete("/me")) == (409, "open-trades")
    assert (await proposed.state(), await accepted.state()) == ("lapsed", "accepted")
    await ensure_sound(site)


async def left_in_the_lurch(site: Site, number: int) -> bool:
    """Bea accepts what Ann proposes, and one of the two leaves; whether an agreement is left."""
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    deal = await a_deal(site, author=ann, other=bea)
    leaver = (ann, bea)[number % 2]
    accepted, left = await asyncio.gather(deal.accept(), leaver.delete("/me"))
    assert accepted.status_code in {200, 401, 409}, accepted.text
    assert left.status_code in {202, 409}, left.text
    gone = await status_of(leaver) is not Status.ACTIVE
    return gone and await deal.state() in {*AGREED, State.PROPOSED}


async def test_an_acceptance_and_a_deletion_come_one_after_the_other(site: Site) -> None:
    for number in range(ROUNDS):
        assert not await left_in_the_lurch(site, number)
    await ensure_sound(site)


async def test_without_locks_somebody_would_be_left_with_an_agreement(
    postgresql: str, keys: Path
) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(6 * ROUNDS):
            if await left_in_the_lurch(site, number):
                return
        pytest.fail("none was left in any round")


async def test_no_proposal_outlives_a_deletion(site: Site) -> None:
    for number in range(ROUNDS):
        ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
        body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
        leaver = (ann, bea)[number % 2]
        sent, left = await asyncio.gather(ann.post("/trades", body), leaver.delete("/me"))
        assert (sent.status_code in {201, 401, 404}, left.status_code) == (True, 202), sent.text
        assert not await site.ask(select(TradeModel.id).where(TradeModel.state == State.PROPOSED))
    await ensure_sound(site)
