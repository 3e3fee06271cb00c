"""Calling for a moderator, and doing without one after all."""

from dataclasses import dataclass

from apps.identity.contract import Ranks
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.lock_trade import LockTrade
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.terms import Account, DisputeKind, TradeId
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class OpenDispute:
    """Stop the clock of a trade in which something went wrong; moderators will decide.

    What you tell is the first statement of the case. Evidence is text and https links so far.
    """

    work: UnitOfWork
    trades: TradeRepository
    clock: Clock

    async def __call__(
        self,
        trade_id: TradeId,
        *,
        by: MemberId,
        kind: DisputeKind,
        account: Account,
        revision: int | None,
    ) -> None:
        async with self.work:
            trade = await self.trades.lock(trade_id)
            trade.open_dispute(kind, by=by, revision=revision, account=account, at=self.clock.now())
            await self.trades.save(trade)


@dataclass(frozen=True, slots=True)
class ResumeTrade:
    """Go on without a decision; at least 72 hours are left then.

    Who has left during the dispute leaves now, as from any other trade (T16, T17).
    """

    work: UnitOfWork
    trades: TradeRepository
    lock: LockTrade
    ranks: Ranks
    settle: SettleTrade
    clock: Clock

    async def __call__(self, trade_id: TradeId, *, by: MemberId, revision: int | None) -> None:
        async with self.work:
            trade = await self.lock(trade_id, by=by)
            now = self.clock.now()
            trade.resume(by=by, revision=revision, at=now)
            active = await self.ranks.among(trade.members)
            if left := [member for member in trade.members if member not in active]:
                trade.depart(*left, at=now)
            await self.trades.save(trade)
            await self.settle(trade)
