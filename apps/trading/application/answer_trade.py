"""Answering a proposal: yes, no, or never mind."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings, Wants, ensure_free, ensure_offered
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.senders import Senders
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.application.tell_address import TellAddress
from apps.trading.domain.address import AddressId
from apps.trading.domain.history import LapseReason
from apps.trading.domain.moves import State
from apps.trading.domain.terms import Method, TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class AcceptTrade:
    """Promise your copies too; every other proposal over copies of this trade lapses.

    In a ring it takes the consent of all, and until then only your own copies are promised.
    """

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    wants: Wants
    tell_address: TellAddress
    senders: Senders
    allowed: StandingLimits
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        *,
        by: MemberId,
        revision: int,
        accept_surplus: bool = False,
        address_id: AddressId | None = None,
        tracked: bool = False,
    ) -> None:
        agreement = AgreementId(trade_id)
        async with self.work:
            seen = await self.trades.get(trade_id)
            mine = seen.given_by(by)
            rank = await self.allowed.hold(by)
            holdings = await self.holdings.lock(mine)
            trade, rivals = await self.trades.lock_with_rivals(
                trade_id, over=mine if seen.ring else seen.copies
            )
            now = self.clock.now()
            self.allowed.ensure_may_consent(trade, by=rank)
            await self.tell_address(trade, by=by, address_id=address_id, at=now)
            senders = await self.senders.of(trade) if trade.method is Method.MAIL else {}
            trade.accept(by=by, revision=revision, senders=senders, tracked=tracked, at=now)
            await self.allowed.ensure_room(rank)
            ensure_offered(holdings, mine, by=by, side="take")
            ensure_free(holdings, mine, asker=by, but_for=agreement)
            if not accept_surplus:
                await self.wants.ensure_room(by, trade.moves[by], under=agreement)
            await self.trades.save(trade)
            if free := [copy for copy in mine if holdings[copy].agreement_id is None]:
                await self.holdings.promise(free, under=agreement)
            if trade.state is State.ACCEPTED:
                await self.holdings.expect(trade.moves, under=agreement)
            for rival in rivals:
                rival.lapse(LapseReason.COPY_UNAVAILABLE, at=now)
            await self.trades.save_lapsed(rivals)
            await self.holdings.release([AgreementId(rival.id) for rival in rivals])


@dataclass(frozen=True, slots=True)
class RejectTrade:
    """Say no to a proposal; its author's copies are free again."""

    work: UnitOfWork
    trades: TradeRepository
    settle: SettleTrade
    clock: Clock

    async def __call__(
        self, trade_id: TradeId, *, by: MemberId, revision: int | None, reason: str | None
    ) -> None:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            trade.reject(by=by, revision=revision, reason=reason, at=self.clock.now())
            await self.trades.save(trade)
            await self.settle(trade)


@dataclass(frozen=True, slots=True)
class WithdrawTrade:
    """Take back a proposal of yours; your copies are free again."""

    work: UnitOfWork
    trades: TradeRepository
    settle: SettleTrade
    clock: Clock

    async def __call__(
        self, trade_id: TradeId, *, by: MemberId, revision: int | None, reason: str | None
    ) -> None:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            trade.withdraw(by=by, revision=revision, reason=reason, at=self.clock.now())
            await self.trades.save(trade)
            await self.settle(trade)
