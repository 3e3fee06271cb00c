"""Confirming receipts, on ports kept in memory (T11, T12, P7)."""

import pytest

from apps.collection.contract import AgreementId
from apps.trading.application.fulfil_trade import ConfirmReceipt
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.moves import InvalidTransition, StaleRevision, State
from apps.trading.domain.trade import TradeNotFound
from tests.support.builders import (
    A_TRADE,
    ANN,
    ANNS,
    BEA,
    BEAS,
    EVE,
    HOUR,
    NOON,
    FixedClock,
    a_trade,
)
from tests.support.memory import Diary, RecordingWork
from tests.support.memory_collection import MemoryHoldings, MemoryWants
from tests.support.memory_handover import MemoryHandshakes
from tests.support.memory_identity import MemoryDirectory
from tests.support.memory_trading import MemoryTrades

LATER = NOON + HOUR


class Desk:
    """An accepted trade of Ann and Bea, their copies promised under it."""

    def __init__(self, state: State = State.ACCEPTED) -> None:
        self.diary = Diary()
        self.trades = MemoryTrades(self.diary, a_trade(state))
        self.holdings = MemoryHoldings(self.diary)
        self.holdings.own(ANN, ANNS)
        self.holdings.own(BEA, BEAS)
        self.wants = MemoryWants()
        self.confirm = ConfirmReceipt(
            RecordingWork(self.diary),
            self.trades,
            MemoryHandshakes(self.diary),
            LockTrade(self.trades, self.holdings),
            SettleTrade(self.holdings, self.wants, MemoryDirectory(self.diary)),
            FixedClock(LATER),
        )

    async def promising(self) -> "Desk":
        await self.holdings.promise([ANNS, BEAS], under=AgreementId(A_TRADE))
        return self


async def test_the_first_receipt_moves_nothing_yet() -> None:
    desk = await Desk().promising()
    await desk.confirm(A_TRADE, by=ANN, revision=None)
    assert desk.trades.kept[A_TRADE].state is State.FULFILLING
    assert {copy: each.owner_id for copy, each in desk.holdings.held.items()} == {
        ANNS: ANN,
        BEAS: BEA,
    }
    assert desk.holdings.promised() == {ANNS: A_TRADE, BEAS: A_TRADE}


async def test_with_the_last_receipt_every_copy_is_its_receivers() -> None:
    desk = await Desk().promising()
    await desk.confirm(A_TRADE, by=BEA, revision=1)
    await desk.confirm(A_TRADE, by=ANN, revision=1)
    assert desk.trades.kept[A_TRADE].state is State.COMPLETED
    held = desk.holdings.held
    assert (held[ANNS].owner_id, held[BEAS].owner_id) == (BEA, ANN)
    assert not desk.holdings.promised()


async def test_copies_are_locked_before_the_trade() -> None:
    desk = await Desk().promising()
    await desk.confirm(A_TRADE, by=ANN, revision=None)
    assert desk.diary.lines == ["lock copies", "lock trade", "save trade", "commit"]


async def test_a_second_receipt_of_the_same_party_counts_for_nothing() -> None:
    desk = await Desk().promising()
    await desk.confirm(A_TRADE, by=ANN, revision=None)
    with pytest.raises(InvalidTransition):
        await desk.confirm(A_TRADE, by=ANN, revision=None)
    assert desk.trades.kept[A_TRADE].state is State.FULFILLING


@pytest.mark.parametrize("state", [State.PROPOSED, State.COMPLETED, State.LAPSED])
async def test_nothing_is_received_that_was_not_agreed(state: State) -> None:
    desk = Desk(state)
    with pytest.raises(InvalidTransition):
        await desk.confirm(A_TRADE, by=BEA, revision=None)
    assert desk.diary.lines[-1] == "roll back"


async def test_a_receipt_of_another_revision_is_refused() -> None:
    with pytest.raises(StaleRevision):
        await Desk().confirm(A_TRADE, by=ANN, revision=2)


async def test_a_stranger_receives_nothing_and_locks_nothing() -> None:
    desk = await Desk().promising()
    with pytest.raises(TradeNotFound):
        await desk.confirm(A_TRADE, by=EVE, revision=None)
    assert desk.diary.lines == ["roll back"]
