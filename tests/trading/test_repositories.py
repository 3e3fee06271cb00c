"""What the repositories of trading promise, in memory and in both databases alike."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from apps.shared.domain.ids import MemberId
from apps.trading.domain.history import LapseReason
from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.note import NoteId, TradeNote
from apps.trading.domain.terms import DisputeKind
from apps.trading.domain.trade import Resolution, Trade, TradeNotFound, Verdict
from tests.support.accounts import TICK
from tests.support.builders import ANN, BEA, EVE, HOUR, NOON, SEEN, a_note, a_uuid
from tests.support.memory import KeptAlready
from tests.support.stores import facts, kept
from tests.trading.agreements import BY_MAIL, MONDAY, senders, ship
from tests.trading.shelves import A1, A2, A3, B1, B2, E1, Shelves, a_full_swap, swap, trade_id

LAPSE = LapseReason.COPY_UNAVAILABLE
DAY = timedelta(days=1)


def ids(trades: list[Trade]) -> list[int]:
    """Their numbers, in the order given."""
    return [next(number for number in range(10) if trade_id(number) == t.id) for t in trades]


@pytest.mark.parametrize("state", State)
async def test_a_trade_comes_back_as_it_was_added_in_every_state(
    shelves: Shelves, state: State
) -> None:
    trade = a_full_swap(state)
    await shelves.agree(trade)
    async with shelves.work:
        assert facts(await shelves.trades.get(trade.id)) == facts(trade)
        assert facts(await shelves.trades.lock(trade.id)) == facts(trade)


async def test_a_trade_comes_back_as_it_was_saved_step_by_step(shelves: Shelves) -> None:
    await shelves.agree(a_full_swap())
    steps: tuple[Callable[[Trade], None], ...] = (
        lambda trade: trade.counter(by=BEA, revision=1, give=[B2], take=[A1, A2], at=NOON),
        lambda trade: trade.counter(by=ANN, revision=2, give=[A3], take=[B1, B2], at=NOON + HOUR),
        lambda trade: trade.accept(by=BEA, revision=3, at=NOON + HOUR + TICK),
        lambda trade: trade.cancel(
            by=ANN, by_agreement=True, revision=None, reason=None, at=NOON + 2 * HOUR
        ),
        lambda trade: trade.cancel(
            by=BEA, by_agreement=False, revision=None, reason=None, at=NOON + 3 * HOUR
        ),
    )
    for step in steps:
        async with shelves.work:
            trade = await shelves.trades.lock(trade_id(1))
            step(trade)
            await shelves.trades.save(trade)
            assert facts(await shelves.trades.lock(trade.id)) == facts(trade)
        assert await kept(shelves.trades, trade.id, by=shelves.work) == facts(trade)
    assert trade.state is State.CANCELLED
    assert all(party.cancel_asked_at is None or party.member == ANN for party in trade.parties)
    assert [party.at_fault for party in trade.parties] == [False, True]


async def test_an_open_ask_comes_back_with_nothing_on_one_side(shelves: Shelves) -> None:
    await shelves.agree(swap(give=()))
    assert await kept(shelves.trades, trade_id(1), by=shelves.work) == facts(swap(give=()))


async def test_there_is_no_trade_that_was_never_made(shelves: Shelves) -> None:
    await shelves.agree(swap(1))
    looks: tuple[Callable[[], Awaitable[Any]], ...] = (
        lambda: shelves.trades.get(trade_id(2)),
        lambda: shelves.trades.lock(trade_id(2)),
        lambda: shelves.trades.lock_with_rivals(trade_id(2), over=[A1]),
    )
    for look in looks:
        with pytest.raises(TradeNotFound):
            async with shelves.work:
                await look()


async def test_no_id_is_kept_twice(shelves: Shelves) -> None:
    """It is no refusal, since ids are never given twice: the fault would be ours."""
    note = a_note(on=swap())
    await shelves.agree(swap())
    async with shelves.work:
        await shelves.notes.add(note)
    another = swap(2, by=EVE, give=[E1])
    another.id = trade_id(1)
    again: Any
    for add, again in (
        (shelves.trades.add, another),
        (shelves.notes.add, a_note("again", on=swap())),
    ):
        with pytest.raises((KeptAlready, IntegrityError)):
            async with shelves.work:
                await add(again)
    assert await kept(shelves.trades, trade_id(1), by=shelves.work) == facts(swap())
    assert await kept(shelves.notes, note.id, by=shelves.work) == facts(note)


async def test_rivals_are_the_other_open_trades_over_a_copy_in_the_order_of_ids(
    shelves: Shelves,
) -> None:
    await shelves.agree(
        swap(5, by=EVE, to=BEA, give=[E1], take=[B1]),
        swap(4, give=[A1], take=[B2]),
        swap(3, State.ACCEPTED, give=[A1], take=[B1]),
        swap(2, give=[A2], take=[B2]),
        swap(1, by=BEA, to=ANN, give=[B1, B2], take=[A1, A2]),
    )
    async with shelves.work:
        mine, rivals = await shelves.trades.lock_with_rivals(trade_id(4), over=[A1, B1])
        assert facts(mine) == facts(swap(4, give=[A1], take=[B2]))
        assert ids(rivals) == [1, 5]
        mine, rivals = await shelves.trades.lock_with_rivals(trade_id(3), over=[A1])
        assert (mine.state, ids(rivals)) == (State.ACCEPTED, [1, 4])
        mine, rivals = await shelves.trades.lock_with_rivals(trade_id(2), over=[])
        assert (ids([mine]), ids(rivals)) == ([2], [])


async def test_open_trades_are_locked_in_the_order_of_ids(shelves: Shelves) -> None:
    await shelves.agree(
        swap(5, State.ACCEPTED, give=[A3], take=[B2]),
        swap(4, give=[A1], take=[B1, B2]),
        swap(2, by=BEA, to=ANN, give=[B1], take=[A2]),
        swap(3, State.REJECTED),
        swap(1, by=EVE, to=BEA, give=[E1], take=[B1]),
    )
    trades = shelves.trades
    async with shelves.work:
        assert ids(await trades.lock_open(over=[B1, B2])) == [1, 2, 4]
        assert ids(await trades.lock_open(over=[A2])) == [2]
        assert ids(await trades.lock_open(over=[A3])) == []
        assert ids(await trades.lock_open(over=[])) == []
        assert ids(await trades.lock_live_between({ANN, BEA})) == [2, 4, 5]
        assert ids(await trades.lock_live_between({EVE, BEA})) == [1]
        assert ids(await trades.lock_live_between({EVE, ANN})) == []


async def test_many_lapse_as_one_would(shelves: Shelves) -> None:
    broken = swap(3, State.ACCEPTED)
    broken.reopen(by=BEA, at=NOON)
    await shelves.agree(swap(1), swap(2), broken)
    async with shelves.work:
        trades = [await shelves.trades.lock(trade_id(number)) for number in (1, 3)]
        for trade in trades:
            trade.lapse(LAPSE, at=NOON + HOUR)
        await shelves.trades.save_lapsed(trades)
        await shelves.trades.save_lapsed([])
        assert [trade.at_fault for trade in trades] == [set(), {BEA}]
        for trade in trades:
            assert facts(await shelves.trades.lock(trade.id)) == facts(trade)
    for trade in (*trades, swap(2)):
        assert await kept(shelves.trades, trade.id, by=shelves.work) == facts(trade)
    async with shelves.work:
        assert ids(await shelves.trades.lock_open(over=[A1])) == [2]
        assert await shelves.trades.overdue(at=NOON + 365 * DAY, limit=9) == [trade_id(2)]


async def test_only_a_swap_of_exactly_these_copies_was_rejected(shelves: Shelves) -> None:
    await shelves.agree(
        swap(1, State.REJECTED, give=[A1, A2], at=NOON),
        swap(2, State.REJECTED, give=[A1, A2], at=NOON + 2 * HOUR),
        swap(3, State.REJECTED, give=[A1], at=NOON + 5 * HOUR),
        swap(4, State.REJECTED, give=[A1, A2, A3], at=NOON + 5 * HOUR),
        swap(5, State.WITHDRAWN, give=[A1, A2], at=NOON + 5 * HOUR),
        swap(6, State.REJECTED, give=[], take=[B2], at=NOON + HOUR),
        swap(7, State.REJECTED, by=BEA, to=ANN, give=[B2], take=[A3], at=NOON),
    )

    async def last(
        *copies: Any, by: MemberId = ANN, to: MemberId = BEA, since: datetime = NOON - TICK
    ) -> datetime | None:
        async with shelves.work:
            return await shelves.trades.last_rejected(by=by, to=to, copies={*copies}, since=since)

    assert await last(B1, A2, A1) == NOON + 2 * HOUR, "the last one of two"
    assert await last(B1, A2, A1, since=NOON + 2 * HOUR - TICK) == NOON + 2 * HOUR
    assert await last(B1, A2, A1, since=NOON + 2 * HOUR) is None
    assert await last(B1, A1) == NOON + 5 * HOUR
    assert await last(B2) == NOON + HOUR, "an open ask"
    assert await last(A3, B2, by=BEA, to=ANN) == NOON
    for copies in ([A1, A2], [B1], [A1, B2], []):
        assert await last(*copies) is None
    assert await last(A3, B2) is None, "it was the other who asked"
    assert await last(A1, A2, B1, to=EVE) is None
    assert await last(A1, A2, B1, by=EVE) is None


async def test_the_longest_overdue_comes_first_and_the_rest_has_to_wait(shelves: Shelves) -> None:
    await shelves.agree(
        swap(1, at=NOON),
        swap(4, at=NOON - DAY),
        swap(3, at=NOON - DAY),
        swap(2, State.ACCEPTED, at=NOON - 6 * DAY),
        swap(5, State.FULFILLING, at=NOON - 9 * DAY),
        swap(6, State.REJECTED, at=NOON - 9 * DAY),
    )
    due = NOON + 3 * DAY

    async def overdue(at: datetime, limit: int = 9) -> list[int]:
        async with shelves.work:
            found = await shelves.trades.overdue(at=at, limit=limit)
            return ids([await shelves.trades.get(id) for id in found])

    assert swap(1).due_at == due
    assert await overdue(due) == [5, 2, 3, 4, 1]
    assert await overdue(due - TICK) == [5, 2, 3, 4]
    assert await overdue(due, limit=2) == [5, 2]
    assert await overdue(NOON - 9 * DAY) == []


async def test_the_live_trades_of_a_member_or_over_a_copy_are_locked(shelves: Shelves) -> None:
    await shelves.agree(
        *(swap(number, state) for number, state in enumerate(State)),
        swap(20, by=BEA, to=EVE, give=[B2], take=[E1]),
    )
    live = [number for number, state in enumerate(State) if state in LIVE]
    async with shelves.work:
        lock = shelves.trades.lock_live
        assert numbers(await lock(of=ANN)) == live
        assert numbers(await lock(of=EVE)) == [20]
        assert numbers(await lock(over=A1)) == live
        assert numbers(await lock(over=A3)) == []


async def test_legs_that_were_lost_in_the_mail_are_counted_by_who_sent_them(
    shelves: Shelves,
) -> None:
    trade = swap(1, terms=BY_MAIL, at=MONDAY)
    trade.accept(by=BEA, revision=1, senders=senders(), at=MONDAY)
    ship(trade, ANN, at=MONDAY)
    trade.open_dispute(DisputeKind.WRONG_ITEM, by=BEA, revision=None, account=SEEN, at=MONDAY)
    trade.resolve(Resolution(verdict=Verdict.VOID), at=MONDAY)
    await shelves.agree(trade, swap(2, State.RESOLVED))
    async with shelves.work:
        lost_by = shelves.trades.lost_by
        assert dict(await lost_by([ANN, BEA], since=MONDAY - TICK)) == {ANN: 1}
        assert dict(await lost_by([BEA], since=MONDAY - TICK)) == {}
        assert dict(await lost_by([ANN, BEA], since=MONDAY)) == {}


def numbers(trades: list[Trade]) -> list[int]:
    return [number for number in range(30) for trade in trades if trade.id == trade_id(number)]


async def test_open_and_live_trades_are_counted(shelves: Shelves) -> None:
    states = [*State, State.PROPOSED]
    await shelves.agree(
        *(swap(number, state) for number, state in enumerate(states)),
        swap(20, by=BEA, to=ANN, give=[B1], take=[A1]),
        swap(21, State.COMPLETED, by=BEA, to=EVE, give=[B1], take=[E1]),
        swap(22, by=EVE, to=ANN, give=[E1], take=[A1]),
    )
    async with shelves.work:
        assert [await shelves.trades.count_open(by=by) for by in (ANN, BEA, EVE)] == [2, 1, 1]
        pairs = ({ANN, BEA}, {BEA, ANN}, {ANN, EVE}, {BEA, EVE})
        counts = [await shelves.trades.count_live(between=pair) for pair in pairs]
        assert counts == [6, 6, 1, 0]


async def test_a_note_comes_back_as_it_was_added(shelves: Shelves) -> None:
    await shelves.agree(swap())
    notes: list[TradeNote] = [
        a_note("아홉 번 출구?\nExit 9?", on=swap(), at=NOON + TICK),
        a_note("Yes", id=NoteId(a_uuid(2, of=7)), on=swap(), by=BEA, at=NOON + HOUR),
    ]
    async with shelves.work:
        for note in notes:
            await shelves.notes.add(note)
    for note in notes:
        assert await kept(shelves.notes, note.id, by=shelves.work) == facts(note)
