"""Accepting, rejecting and withdrawing, on ports kept in memory (T4-T7, P2-P6)."""

import pytest

from apps.collection.contract import AgreementId, CopyAlreadyPromised, CopyId, CopyNotForTrade
from apps.collection.domain.copy import CopyNotFound
from apps.collection.domain.want_group import SurplusNotAccepted
from apps.trading.application.answer_trade import AcceptTrade, RejectTrade, WithdrawTrade
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.domain.history import TradeLapsed
from apps.trading.domain.moves import InvalidTransition, StaleRevision, State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade, TradeNotFound
from tests.support.builders import (
    A_TRADE,
    ANN,
    ANNS,
    BEA,
    BEAS,
    EVE,
    EVES,
    HOUR,
    NOON,
    FixedClock,
    a_trade,
    a_uuid,
    author_of,
)
from tests.support.memory import Diary, RecordingWork
from tests.support.memory_collection import MemoryHoldings, MemoryWants
from tests.support.memory_handover import telling
from tests.support.memory_identity import MemoryDirectory, MemoryRanks
from tests.support.memory_trading import MemorySenders, MemoryTrades

RIVAL = TradeId(a_uuid(2, of=4))
LATER = NOON + HOUR


class Desk:
    """Trades with the promises that their authors made, and the use cases before them."""

    def __init__(self, *trades: Trade) -> None:
        self.diary = Diary()
        self.trades = MemoryTrades(self.diary, *trades)
        self.holdings = MemoryHoldings(self.diary)
        for owner, copy in ((ANN, ANNS), (BEA, BEAS), (EVE, EVES)):
            self.holdings.own(owner, copy)
        self.wants = MemoryWants()
        allowed = StandingLimits(MemoryRanks(), MemoryDirectory(self.diary), self.trades)
        settle = SettleTrade(self.holdings, self.wants, MemoryDirectory(self.diary))
        ports = RecordingWork(self.diary), self.trades, settle, FixedClock(LATER)
        self.accept = AcceptTrade(
            ports[0],
            self.trades,
            self.holdings,
            self.wants,
            telling(self.diary),
            MemorySenders(),
            allowed,
            FixedClock(LATER),
        )
        self.reject = RejectTrade(*ports)
        self.withdraw = WithdrawTrade(*ports)

    async def promising(self) -> "Desk":
        for trade in self.trades.kept.values():
            await self.holdings.promise(
                trade.given_by(author_of(trade)), under=AgreementId(trade.id)
            )
        return self

    def states(self) -> dict[TradeId, State]:
        return {trade.id: trade.state for trade in self.trades.kept.values()}


def eves() -> Trade:
    return a_trade(id=RIVAL, by=EVE, give=(EVES,))


async def test_an_acceptance_promises_the_other_side_too() -> None:
    desk = await Desk(a_trade()).promising()
    await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.states() == {A_TRADE: State.ACCEPTED}
    assert desk.holdings.promised() == {ANNS: A_TRADE, BEAS: A_TRADE}
    assert desk.trades.kept[A_TRADE].updated_at == LATER


async def test_copies_are_locked_before_trades_and_all_trades_at_once() -> None:
    desk = await Desk(a_trade(), eves()).promising()
    await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.diary.lines[:2] == ["lock copies", "lock trade and rivals"]
    assert desk.diary.lines[-1] == "commit"
    assert sum(line.startswith("lock") for line in desk.diary.lines) == 2


async def test_who_asked_for_the_same_copy_hears_that_it_is_gone_and_is_free_again() -> None:
    desk = await Desk(a_trade(), eves()).promising()
    await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.states() == {A_TRADE: State.ACCEPTED, RIVAL: State.LAPSED}
    assert EVES not in desk.holdings.promised()
    (news,) = desk.trades.kept[RIVAL].release()
    assert news == TradeLapsed(
        trade=RIVAL, parties=(EVE, BEA), revision=1, reason="copy_unavailable", at=LATER
    )


async def test_who_asked_for_what_the_author_now_gives_away_is_told_as_well() -> None:
    """Eve asks Ann for the copy that Ann, later, offers Bea: with Bea's consent it is gone (T7)."""
    asking_ann = a_trade(id=RIVAL, by=EVE, to=ANN, give=(EVES,), take=(ANNS,))
    desk = await Desk(asking_ann, a_trade()).promising()
    await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.states() == {A_TRADE: State.ACCEPTED, RIVAL: State.LAPSED}
    assert EVES not in desk.holdings.promised()


async def test_more_than_is_wanted_takes_a_word_of_its_own() -> None:
    desk = await Desk(a_trade()).promising()
    desk.wants.full.add(BEA)
    with pytest.raises(SurplusNotAccepted):
        await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.states() == {A_TRADE: State.PROPOSED}
    await desk.accept(A_TRADE, by=BEA, revision=1, accept_surplus=True)
    assert desk.holdings.expected == {ANNS: BEA, BEAS: ANN}


async def test_proposals_over_other_copies_stay_open() -> None:
    elsewhere = a_trade(id=RIVAL, by=EVE, to=ANN, give=(EVES,), take=(CopyId(a_uuid(7)),))
    desk = await Desk(a_trade(), elsewhere).promising()
    await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.states()[RIVAL] is State.PROPOSED


async def test_nobody_accepts_what_another_acceptance_ended() -> None:
    desk = await Desk(a_trade(), eves()).promising()
    await desk.accept(A_TRADE, by=BEA, revision=1)
    with pytest.raises(InvalidTransition) as refused:
        await desk.accept(RIVAL, by=BEA, revision=1)
    assert refused.value.members["state"] is State.LAPSED
    assert desk.holdings.promised()[BEAS] == A_TRADE


async def test_one_cannot_accept_with_a_copy_one_has_offered_elsewhere() -> None:
    offering = a_trade(id=RIVAL, by=BEA, to=EVE, give=(BEAS,), take=(EVES,))
    desk = await Desk(a_trade(), offering).promising()
    with pytest.raises(CopyAlreadyPromised) as refused:
        await desk.accept(A_TRADE, by=BEA, revision=1)
    assert refused.value.members == {"copy_ids": [BEAS], "trade_ids": [RIVAL]}
    assert desk.states() == {A_TRADE: State.PROPOSED, RIVAL: State.PROPOSED}
    assert desk.diary.lines[-1] == "roll back"


async def test_one_cannot_accept_with_a_copy_that_is_unlisted_or_gone() -> None:
    desk = Desk(a_trade())
    desk.holdings.own(BEA, BEAS, for_trade=False)
    with pytest.raises(CopyNotForTrade):
        await desk.accept(A_TRADE, by=BEA, revision=1)
    del desk.holdings.held[BEAS]
    with pytest.raises(CopyNotFound):
        await desk.accept(A_TRADE, by=BEA, revision=1)
    assert desk.states() == {A_TRADE: State.PROPOSED}


async def test_an_acceptance_is_of_the_revision_that_was_seen() -> None:
    desk = Desk(a_trade())
    with pytest.raises(StaleRevision):
        await desk.accept(A_TRADE, by=BEA, revision=2)
    assert not desk.holdings.promised()


async def test_a_stranger_finds_no_trade_to_answer() -> None:
    desk = await Desk(a_trade()).promising()
    with pytest.raises(TradeNotFound):
        await desk.accept(A_TRADE, by=EVE, revision=1)
    with pytest.raises(TradeNotFound):
        await desk.reject(A_TRADE, by=EVE, revision=None, reason=None)
    with pytest.raises(TradeNotFound):
        await desk.withdraw(A_TRADE, by=EVE, revision=None, reason=None)
    assert desk.holdings.promised() == {ANNS: A_TRADE}


async def test_a_rejection_frees_the_authors_copies() -> None:
    desk = await Desk(a_trade(), eves()).promising()
    await desk.reject(A_TRADE, by=BEA, revision=1, reason="Too far")
    assert desk.states() == {A_TRADE: State.REJECTED, RIVAL: State.PROPOSED}
    assert desk.holdings.promised() == {EVES: RIVAL}


async def test_a_withdrawal_frees_the_authors_copies() -> None:
    desk = await Desk(a_trade()).promising()
    await desk.withdraw(A_TRADE, by=ANN, revision=None, reason=None)
    assert desk.states() == {A_TRADE: State.WITHDRAWN}
    assert not desk.holdings.promised()
