"""Trades and notes come back as they were stored, and nobody overwrites unseen changes."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.shared.application.work import ChangedMeanwhile, UnitOfWork
from apps.trading.domain.history import LapseReason
from apps.trading.domain.legs import LegId
from apps.trading.domain.moves import InvalidTransition, State
from apps.trading.domain.note import TradeNoteRepository
from apps.trading.domain.terms import Party, Terms, TradeId
from apps.trading.domain.trade import Trade, TradeNotFound
from apps.trading.domain.trades import TradeRepository
from apps.trading.infrastructure.models import TradeModel
from apps.trading.infrastructure.notes import TradeNoteModel
from tests.support.builders import HOUR, NOON, a_note, a_trade, a_uuid
from tests.support.deals import a_deal
from tests.support.site import Member, Site, elsewhere

MICROSECOND = HOUR / 3_600_000_000
PLANNED = Terms(place="홍대입구역 9번 출구", planned_at=NOON + HOUR, answer_within=25 * HOUR)


class Shelf:
    """The trades of a site, one unit of work at a time."""

    def __init__(self, work: UnitOfWork, trades: TradeRepository) -> None:
        self.work = work
        self.trades = trades

    @classmethod
    async def of(cls, site: Site) -> "Shelf":
        return cls(
            await site.port(UnitOfWork),  # type: ignore[type-abstract]
            await site.port(TradeRepository),  # type: ignore[type-abstract]
        )

    async def add(self, trade: Trade) -> None:
        async with self.work:
            await self.trades.add(trade)

    async def get(self, id: TradeId) -> Trade:
        async with self.work:
            return await self.trades.get(id)

    async def end(self, trade: Trade, verb: str, *, wait: asyncio.Barrier | None = None) -> None:
        """Read it, perhaps wait for somebody else to have read it too, then change and save it."""
        async with self.work:
            seen = await self.trades.get(trade.id)
            if wait:
                with suppress(TimeoutError):  # on SQLite, who writes is alone from the start
                    async with asyncio.timeout(0.3):
                        await wait.wait()
            by = seen.author if verb == "withdraw" else seen.turn
            getattr(seen, verb)(by=by, revision=1, reason=None, at=NOON)
            await self.trades.save(seen)


async def a_stored_trade(site: Site, state: State = State.PROPOSED) -> Trade:
    ann, bea = await site.join("ann"), await site.join("bea")
    trade = a_trade(
        state,
        by=ann.id,
        to=bea.id,
        give=[await ann.hold() for _ in range(3)],
        take=[await bea.hold() for _ in range(2)],
        terms=PLANNED,
        at=NOON + MICROSECOND,
    )
    await (await Shelf.of(site)).add(trade)
    return trade


@pytest.mark.parametrize("state", State)
async def test_a_trade_comes_back_as_it_was_stored(site: Site, state: State) -> None:
    trade = await a_stored_trade(site, state)
    kept = await (await Shelf.of(site)).get(trade.id)
    assert vars(kept) == vars(trade)
    empty = {name for name, value in vars(kept).items() if value is None}
    optional = {"first_sender", "reopened_by", "dispute", "not_before"}
    assert empty <= {"turn", "accepted_at"} | optional
    assert ("dispute" in empty) == (state is not State.DISPUTED)
    assert ("turn" in empty) == (state is not State.PROPOSED)


async def test_a_wish_to_call_it_off_comes_back_as_well(site: Site) -> None:
    trade = await a_stored_trade(site)
    shelf = await Shelf.of(site)
    async with shelf.work:
        seen = await shelf.trades.lock(trade.id)
        seen.accept(by=trade.parties[1].member, revision=1, at=NOON + MICROSECOND)
        seen.cancel(
            by=trade.parties[0].member,
            by_agreement=True,
            revision=None,
            reason=None,
            at=NOON + 2 * MICROSECOND,
        )
        await shelf.trades.save(seen)
    kept = await shelf.get(trade.id)
    assert vars(kept) == vars(seen)
    assert None not in {kept.accepted_at, kept.parties[0].cancel_asked_at}


async def test_a_trade_comes_back_with_what_was_changed(site: Site) -> None:
    trade = await a_stored_trade(site)
    shelf, other = await Shelf.of(site), trade.parties[1].member
    async with shelf.work:
        seen = await shelf.trades.lock(trade.id)
        seen.accept(by=other, revision=1, at=NOON + HOUR)
        seen.confirm(by=other, revision=1, at=NOON + 2 * HOUR)
        await shelf.trades.save(seen)
    kept = await shelf.get(trade.id)
    assert vars(kept) == vars(seen)
    assert (kept.state, kept.parties[1]) == (State.FULFILLING, Party(other, 1))


async def test_a_note_comes_back_as_it_was_stored(site: Site) -> None:
    trade = await a_stored_trade(site)
    note = a_note(
        "아홉 번 출구?\nExit 9?", on=trade, by=trade.parties[0].member, at=NOON + MICROSECOND
    )
    work = await site.port(UnitOfWork)  # type: ignore[type-abstract]
    async with work:
        notes = await site.port(TradeNoteRepository)  # type: ignore[type-abstract]
        await notes.add(note)
    (kept,) = await site.ask(select(TradeNoteModel))
    assert vars(kept.entity()) == vars(note)


async def test_there_is_no_trade_that_was_never_made(site: Site) -> None:
    shelf, nobodys = await Shelf.of(site), TradeId(a_uuid(404))
    for look in (shelf.trades.get, shelf.trades.lock):
        with pytest.raises(TradeNotFound):
            async with shelf.work:
                await look(nobodys)


async def test_who_saves_what_somebody_else_committed_meanwhile_is_refused(
    postgresql: str, keys: Path
) -> None:
    async with Site(postgresql, keys) as site:
        trade, shelf = await a_stored_trade(site), await Shelf.of(site)
        with pytest.raises(ChangedMeanwhile):
            async with shelf.work:
                seen = await shelf.trades.get(trade.id)
                await elsewhere(shelf.end(trade, "withdraw"))
                seen.accept(by=trade.parties[1].member, revision=1, at=NOON)
                await shelf.trades.save(seen)
        assert (await shelf.get(trade.id)).state is State.WITHDRAWN


async def test_who_locks_before_looking_sees_what_somebody_else_committed(
    postgresql: str, keys: Path
) -> None:
    """The control of the refusal above: it is the look without a lock that was too old."""
    async with Site(postgresql, keys) as site:
        trade, shelf = await a_stored_trade(site), await Shelf.of(site)
        async with shelf.work:
            assert (await shelf.trades.get(trade.id)).state is State.PROPOSED
            await elsewhere(shelf.end(trade, "withdraw"))
            assert (await shelf.trades.lock(trade.id)).state is State.WITHDRAWN


async def test_of_two_that_end_a_trade_at_once_the_second_is_refused(site: Site) -> None:
    trade, shelf = await a_stored_trade(site), await Shelf.of(site)
    both_have_read = asyncio.Barrier(2)
    outcomes = await asyncio.gather(
        *(
            elsewhere(shelf.end(trade, verb, wait=both_have_read))
            for verb in ("reject", "withdraw")
        ),
        return_exceptions=True,
    )
    refusal = {"postgresql": ChangedMeanwhile, "sqlite": InvalidTransition}[await site.dialect()]
    assert {type(outcome) for outcome in outcomes} == {type(None), refusal}


async def test_lapsing_many_leaves_each_as_it_says(site: Site) -> None:
    ann, bea = await site.join("ann"), await site.join("bea")
    wanted = await bea.hold()
    trades = [await another_over(site, ann, bea, wanted, number) for number in range(3)]
    shelf = await Shelf.of(site)
    async with shelf.work:
        mine, rivals = await shelf.trades.lock_with_rivals(trades[1].id, over=[wanted])
        for rival in rivals:
            rival.lapse(LapseReason.COPY_UNAVAILABLE, at=NOON + HOUR)
        await shelf.trades.save_lapsed(rivals)
    assert mine.id == trades[1].id
    assert {rival.id for rival in rivals} == {trades[0].id, trades[2].id}
    for rival in rivals:
        assert vars(await shelf.get(rival.id)) == vars(rival)
    assert (await shelf.get(trades[1].id)).state is State.PROPOSED
    versions = select(TradeModel.version).where(TradeModel.state == State.LAPSED)
    assert await site.ask(versions) == [2, 2], "who read them before is refused"


async def test_the_same_swap_is_known_as_rejected_whatever_the_order_of_its_copies(
    site: Site,
) -> None:
    deal = await a_deal(site)
    await deal.reject()
    shelf, copies = await Shelf.of(site), {*deal.give, *deal.take}
    by, to = deal.author.id, deal.other.id
    async with shelf.work:
        since = (rejected := await shelf.trades.get(deal.id)).created_at - HOUR
        last = shelf.trades.last_rejected
        assert await last(by=by, to=to, copies=copies, since=since) == rejected.updated_at
        assert await last(by=to, to=by, copies=copies, since=since) is None
        assert await last(by=by, to=to, copies=set(deal.give), since=since) is None
        assert await last(by=by, to=to, copies=copies, since=rejected.updated_at) is None


async def another_over(site: Site, ann: Member, bea: Member, wanted: object, number: int) -> Trade:
    legs = LegId(a_uuid(10 * number)), LegId(a_uuid(10 * number + 1))
    trade = a_trade(
        id=TradeId(a_uuid(100 + number)),
        by=ann.id,
        to=bea.id,
        give=[await ann.hold()],
        take=[wanted],  # type: ignore[list-item]
        leg_ids=legs,
    )
    await (await Shelf.of(site)).add(trade)
    return trade
