"""Handing over what was agreed."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings, Wants
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.domain.moves import State
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ConfirmReceipt:
    """Say that you have the other's cards; when both have said so, the copies change hands."""

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    wants: Wants
    clock: Clock

    async def __call__(self, trade_id: TradeId, *, by: MemberId, revision: int | None) -> None:
        async with self.work:
            seen = await self.trades.get(trade_id)
            seen.ensure_party(by)
            _ = await self.holdings.lock(seen.copies)
            trade = await self.trades.lock(trade_id)
            trade.confirm(by=by, revision=revision, at=self.clock.now())
            await self.trades.save(trade)
            if trade.state is State.COMPLETED:
                await self._complete(trade)

    async def _complete(self, trade: Trade) -> None:
        await self.holdings.hand_over(trade.moves, under=AgreementId(trade.id))
        await self.wants.settle(trade.moves)
