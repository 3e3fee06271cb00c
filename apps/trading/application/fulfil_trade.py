"""Handing over what was agreed, in person or by mail."""

from dataclasses import dataclass
from datetime import datetime

from apps.collection.contract import AgreementId, Holdings
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.handshake import HandshakeCodeWrong, HandshakeId, HandshakeRepository
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ConfirmReceipt:
    """Say that you have the other's cards; when both have said so, the copies change hands.

    In person, the code that the other party shows you proves that you have met.
    """

    work: UnitOfWork
    trades: TradeRepository
    handshakes: HandshakeRepository
    lock: LockTrade
    settle: SettleTrade
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        *,
        by: MemberId,
        revision: int | None,
        code: str | None = None,
        entered_at: datetime | None = None,
    ) -> None:
        async with self.work:
            trade = await self.lock(trade_id, by=by)
            now = self.clock.now()
            trade.confirm(by=by, revision=revision, verified=code is not None, at=now)
            recognised = code is None or await self._recognises(
                trade.other_than(by), trade_id, code, entered_at=entered_at or now, at=now
            )
            if recognised:
                await self.trades.save(trade)
                await self.settle(trade)
        if not recognised:  # out here, for the attempt has to count
            raise HandshakeCodeWrong

    async def _recognises(
        self, shower: MemberId, trade: TradeId, code: str, *, entered_at: datetime, at: datetime
    ) -> bool:
        """Compare the code; the lock on the trade lets one guess after another in."""
        handshake = await self.handshakes.get(HandshakeId(trade, shower))
        recognised = handshake.recognises(code, entered_at=entered_at, at=at)
        await self.handshakes.save(handshake)
        return recognised


@dataclass(frozen=True, slots=True)
class ReceiveLeg:
    """Say that what was sent to you has arrived; the last leg to arrive completes the trade."""

    work: UnitOfWork
    trades: TradeRepository
    lock: LockTrade
    settle: SettleTrade
    clock: Clock

    async def __call__(
        self, trade_id: TradeId, leg_id: LegId, *, by: MemberId, revision: int | None
    ) -> None:
        async with self.work:
            trade = await self.lock(trade_id, by=by)
            trade.receive(leg_id, by=by, revision=revision, at=self.clock.now())
            await self.trades.save(trade)
            await self.settle(trade)


@dataclass(frozen=True, slots=True)
class ShipLeg:
    """Say that you have sent your leg: its copies are in transit from now on."""

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        leg_id: LegId,
        *,
        by: MemberId,
        carrier: str,
        tracking_number: str | None,
        revision: int | None,
    ) -> None:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            trade.ship(
                leg_id,
                by=by,
                carrier=carrier,
                tracking_number=tracking_number,
                revision=revision,
                at=self.clock.now(),
            )
            await self.trades.save(trade)
            await self.holdings.dispatch(trade.given_by(by), under=AgreementId(trade_id))


@dataclass(frozen=True, slots=True)
class NoteDelivery:
    """Take over from a carrier that a leg was delivered; its receiver is reminded later (T20)."""

    work: UnitOfWork
    trades: TradeRepository
    clock: Clock

    async def __call__(self, trade_id: TradeId, leg_id: LegId, *, delivered_at: datetime) -> None:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            trade.note_delivery(leg_id, delivered_at=delivered_at, at=self.clock.now())
            await self.trades.save(trade)
