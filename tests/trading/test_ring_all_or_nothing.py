"""A ring is all or nothing: whatever ends it before anything is shipped leaves no trace of it."""

from asyncio import create_task
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import Context
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.collection.contract import CopyId
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.domain.history import LapseReason
from apps.trading.domain.legs import LegId, LegState, Sender
from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from tests.identity.stage import serving
from tests.support.builders import HOUR, NOON, a_uuid
from tests.support.deals import ensure_sound
from tests.support.departures import remove, suspend
from tests.support.rings import Ring, a_ring
from tests.support.site import Member, Site
from tests.trading.test_ends_racing import LATER, OwnTime

SIZE = 3
End = Callable[[Ring, Member], Awaitable[None]]


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Clock, OwnTime())) as site:
        yield site


def told(verb: str) -> End:
    async def end(ring: Ring, by: Member) -> None:
        answer = await by.post(f"{ring.path}/{verb}")
        assert answer.status_code == 200, answer.text

    return end


async def cancel_together(ring: Ring, by: Member) -> None:
    """Whoever asks first, all have to."""
    for member in (by, *(each for each in ring.members if each != by)):
        assert await ring.state() is State.ACCEPTED
        answer = await member.post(f"{ring.path}/cancel", {"by_agreement": True})
        assert answer.status_code == 200, answer.text


async def time_out(ring: Ring, by: Member) -> None:
    """Eight days later; in a ring nobody is asked before the others."""
    del by
    later = Context()
    later.run(LATER.set, timedelta(days=8))
    expire = await ring.site.port(ExpireTrades)
    assert await create_task(expire(), context=later) == 1


async def unlist(ring: Ring, by: Member) -> None:
    copy = ring.copies[ring.members.index(by)]
    answer = await by.patch(f"/me/copies/{copy}", {"for_trade": False})
    assert answer.status_code == 200, answer.text


async def block(ring: Ring, by: Member) -> None:
    await by.block(ring.members[(ring.members.index(by) + 1) % SIZE])


async def leave(ring: Ring, by: Member) -> None:
    del ring
    await suspend(by)


async def leave_for_good(ring: Ring, by: Member) -> None:
    del ring
    await remove(by)


AT_ANY_TIME: tuple[End, ...] = (time_out, leave, leave_for_good)
WHILE_PROPOSED: tuple[End, ...] = (unlist, block)
ONCE_ACCEPTED: tuple[End, ...] = (told("cancel"), cancel_together)


def ends(consents: int) -> Iterator[tuple[End, int]]:
    """Every way to end a ring to which the first so many have consented, and by whom."""
    for by in range(SIZE):
        if consents < SIZE:
            yield told("withdraw" if by < consents else "reject"), by
        for end in (ONCE_ACCEPTED if consents == SIZE else WHILE_PROPOSED) + AT_ANY_TIME:
            yield end, by


@pytest.mark.parametrize("consents", range(SIZE + 1))
async def test_nothing_is_moved_or_promised_whoever_ends_it_and_how(
    site: Site, consents: int
) -> None:
    for number, (end, by) in enumerate(ends(consents)):
        ring = await a_ring(site, mark=f"-{number}")
        for member in ring.members[:consents]:
            await ring.accept(member)
        assert await ring.state() is (State.ACCEPTED if consents == SIZE else State.PROPOSED)
        assert await ring.untouched() is (consents == 0)
        await end(ring, ring.members[by])
        assert await ring.state() not in LIVE
        assert await ring.untouched()
    await ensure_sound(site)


def a_ring_of(size: int) -> Trade:
    ids = range(1, size + 1)
    return Trade.propose_ring(
        TradeId(a_uuid(1)),
        gifts={MemberId(a_uuid(i, of=1)): [CopyId(a_uuid(i, of=3))] for i in ids},
        leg_ids=[LegId(a_uuid(i, of=5)) for i in ids],
        at=NOON,
    )


def end_of(trade: Trade, how: int, by: MemberId) -> None:
    """One of the ways that are open now."""
    later = NOON + HOUR
    if trade.state is State.ACCEPTED:
        ways: list[Callable[[], object]] = [
            lambda: trade.cancel(by=by, by_agreement=False, revision=None, reason=None, at=later)
        ]
    elif by in trade.consented:
        ways = [lambda: trade.withdraw(by=by, revision=None, reason=None, at=later)]
    else:
        ways = [lambda: trade.reject(by=by, revision=None, reason=None, at=later)]
    ways += [
        lambda: trade.depart(by, at=later),
        lambda: trade.time_out(at=NOON + 24 * 30 * HOUR),
        lambda: (
            trade.depart(by, at=later)
            if trade.state is State.ACCEPTED
            else trade.lapse(LapseReason.COPY_UNAVAILABLE, at=later)
        ),
    ]
    ways[how]()


@given(size=st.sampled_from([3, 4]), data=st.data())
def test_no_leg_of_it_has_begun_in_whatever_order_they_consented(
    size: int, data: st.DataObject
) -> None:
    trade = a_ring_of(size)
    order = data.draw(st.permutations(trade.members))
    known = {
        member: Sender(trust_level=1, completed=0, lost_lately=0, country="") for member in order
    }
    for member in order[: data.draw(st.integers(0, size))]:
        trade.accept(by=member, revision=1, senders=known, at=NOON)
    end_of(trade, data.draw(st.integers(0, 3)), data.draw(st.sampled_from(order)))
    assert trade.state not in LIVE
    assert not trade.handed_over()
    assert {leg.state for leg in trade.legs} == {LegState.DUE}
    assert all(trade.allowed_actions(member, at=NOON) == [] for member in order)
