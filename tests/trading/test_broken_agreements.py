"""What was agreed on, and reopened since a copy got worse, ends by somebody's fault (T19)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.collection.contract import CopyId
from apps.identity.infrastructure.standings import StandingModel
from apps.shared.domain.ids import MemberId
from apps.trading.domain.history import AgreementBroken, LapseReason
from apps.trading.domain.moves import State
from apps.trading.domain.trade import Trade
from apps.trading.infrastructure.models import TradeModel
from tests.support.builders import ANN, BEA, EVE, EVES, HOUR, NOON, a_trade, lapsed, rejected
from tests.support.deals import Deal, a_deal, ensure_sound, promises
from tests.support.departures import remove, suspend
from tests.support.rings import a_ring
from tests.support.site import Member, Site
from tests.support.weakening import an_unguarded_site
from tests.trading.agreements import DAY, MONDAY, RING, agreed_ring, senders, strike


def reopened() -> Trade:
    """Ann proposed, Bea accepted, and then Bea's copy became worse."""
    trade = a_trade(State.ACCEPTED)
    trade.reopen(by=BEA, at=NOON + HOUR)
    trade.release()
    return trade


def withdraws(trade: Trade) -> None:
    trade.withdraw(by=BEA, revision=None, reason=None, at=NOON + HOUR)


def rejects(trade: Trade) -> None:
    trade.reject(by=ANN, revision=None, reason=None, at=NOON + HOUR)


def expires(trade: Trade) -> None:
    _ = strike(trade)


ENDS = {
    State.WITHDRAWN: withdraws,
    State.REJECTED: rejects,
    State.LAPSED: lapsed,
    State.EXPIRED: expires,
}


@pytest.mark.parametrize("state", ENDS)
def test_however_it_ends_it_is_the_fault_of_whose_copy_got_worse(state: State) -> None:
    trade = reopened()
    ENDS[state](trade)
    assert (trade.state, trade.at_fault) == (state, {BEA})
    broken, ended = trade.release()
    assert isinstance(broken, AgreementBroken)
    assert broken.actor == BEA
    assert getattr(ended, "actor", None) in {ANN, BEA, None}


@pytest.mark.parametrize("leaver", [ANN, BEA])
def test_who_leaves_it_breaks_it(leaver: MemberId) -> None:
    trade = reopened()
    trade.depart(leaver, at=NOON + HOUR)
    assert (trade.state, trade.at_fault) == (State.LAPSED, {leaver})


@pytest.mark.parametrize("end", [rejected, lapsed, expires])
def test_what_was_never_agreed_on_ends_by_nobodys_fault(end: Callable[[Trade], None]) -> None:
    trade = a_trade()
    end(trade)
    assert not trade.at_fault
    assert not [each for each in trade.release() if isinstance(each, AgreementBroken)]


def test_after_other_terms_or_a_new_consent_it_is_nobodys_fault() -> None:
    countered, agreed = reopened(), reopened()
    countered.counter(by=ANN, revision=2, give=[EVES], take=countered.given_by(BEA), at=NOON + HOUR)
    countered.withdraw(by=ANN, revision=3, reason=None, at=NOON + HOUR)
    agreed.accept(by=ANN, revision=2, at=NOON + HOUR)
    agreed.cancel(by=ANN, by_agreement=False, revision=None, reason=None, at=NOON + HOUR + HOUR / 2)
    assert (countered.at_fault, agreed.at_fault) == (set(), set())


def test_in_a_ring_it_is_the_last_one_whose_copy_got_worse_after_they_had_consented() -> None:
    trade = agreed_ring()
    trade.reopen(by=ANN, at=MONDAY + DAY)
    trade.accept(by=BEA, revision=2, senders=senders(), at=MONDAY + DAY)
    trade.reopen(by=BEA, at=MONDAY + DAY)
    trade.reject(by=EVE, revision=3, reason=None, at=MONDAY + DAY)
    assert trade.at_fault == {BEA}
    assert set(RING) > trade.at_fault
    proposed = agreed_ring()
    proposed.reopen(by=ANN, at=MONDAY + DAY)
    proposed.lapse(LapseReason.COPY_UNAVAILABLE, at=MONDAY + DAY)
    assert proposed.at_fault == {ANN}


End = Callable[[Deal], Awaitable[object]]
ROUNDS = 30


async def unlist(deal: Deal) -> None:
    await deal.other.patch(f"/me/copies/{deal.take[0]}", {"for_trade": False})


async def block(deal: Deal) -> None:
    await deal.author.block(deal.other)


async def leave(deal: Deal) -> None:
    await suspend(deal.other)


async def leave_for_good(deal: Deal) -> None:
    await remove(deal.other)


async def withdraw(deal: Deal) -> None:
    assert (await deal.other.post(f"{deal.path}/withdraw")).status_code == 200


async def reject(deal: Deal) -> None:
    assert (await deal.author.post(f"{deal.path}/reject")).status_code == 200


async def worsened(site: Site) -> Deal:
    """Agreed on, and then Bea's copy got worse."""
    deal = await a_deal(site)
    await deal.accept()
    await worsen(deal.other, deal.take[0])
    return deal


async def worsen(owner: Member, copy: CopyId) -> None:
    answer = await owner.patch(f"/me/copies/{copy}", {"condition": "damaged"})
    assert answer.status_code == 200, answer.text


async def counted(member: Member) -> int:
    """How many agreements ended by this member's fault, as their standing has it."""
    at_fault = select(StandingModel.cancelled_at_fault).where(StandingModel.id == member.id)
    (count,) = await member.site.ask(at_fault)
    return int(count)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (withdraw, "withdrawn"),
        (reject, "rejected"),
        (unlist, "lapsed"),
        (block, "lapsed"),
        (leave, "lapsed"),
        (leave_for_good, "lapsed"),
    ],
)
async def test_it_counts_like_a_cancellation_at_fault(site: Site, end: End, state: str) -> None:
    deal = await worsened(site)
    await end(deal)
    assert await deal.state() == state
    assert [await counted(each) for each in (deal.author, deal.other)] == [0, 1]
    assert (await deal.history())[-2:] == ["agreement_broken", f"trade_{state}"]
    parties = (await deal.author.get(deal.path)).json()["parties"]
    assert [party["at_fault"] for party in parties] == [False, True]
    await ensure_sound(site)


@pytest.mark.parametrize("side", [0, 1])
async def test_between_members_of_whom_one_has_blocked_the_other_it_lapses_at_once(
    site: Site, side: int
) -> None:
    """BL3: nothing is to be negotiated between the two any more."""
    deal = await a_deal(site)
    await deal.accept()
    blocker, blocked = ((deal.author, deal.other), (deal.other, deal.author))[side]
    await blocker.block(blocked)
    await worsen(deal.other, deal.take[0])
    assert await deal.state() == "lapsed"
    assert (await deal.history())[2:] == ["trade_reopened", "agreement_broken", "trade_lapsed"]
    assert [await counted(each) for each in (deal.author, deal.other)] == [0, 1]
    assert not any((await promises(site, *deal.give, *deal.take)).values())
    await ensure_sound(site)


async def test_a_ring_lapses_if_any_two_in_it_are_hidden_from_each_other(site: Site) -> None:
    ring, other = await a_ring(site), await a_ring(site, mark="2")
    for each in (ring, other):
        await each.accept()
    ann, bea, eve = ring.members
    await eve.block(ann)
    await worsen(bea, ring.copies[1])
    await worsen(other.members[1], other.copies[1])
    assert (await ring.state(), await other.state()) == ("lapsed", "proposed")
    assert await ring.at_fault() == ["bea"]
    assert await ring.untouched()


async def open_afterwards(site: Site, number: int) -> int:
    """A copy gets worse while one of the two blocks the other; how many proposals are open then."""
    ann, bea = await site.join(f"ann-{number}"), await site.join(f"bea-{number}")
    deal = await a_deal(site, author=ann, other=bea)
    await deal.accept()
    steps = [worsen(bea, deal.take[0]), ann.block(bea)]
    await asyncio.gather(*(steps if number % 2 else reversed(steps)))
    return len(await site.ask(select(TradeModel.id).where(TradeModel.state == State.PROPOSED)))


async def test_a_block_at_the_same_moment_ends_it_too(site: Site) -> None:
    for number in range(ROUNDS):
        assert await open_afterwards(site, number) == 0
    await ensure_sound(site)


async def test_without_locks_it_would_be_open(postgresql: str, keys: Path) -> None:
    async with an_unguarded_site(postgresql, keys) as site:
        for number in range(ROUNDS):
            if await open_afterwards(site, number):
                return
    pytest.fail("nothing was open in any round")
