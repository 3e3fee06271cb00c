"""What becomes of the trades of a member who is suspended or leaves."""

from dataclasses import dataclass

from apps.identity.contract import DeletionAsked, MemberDeparted, OpenTrades
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.moves import AGREED
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class LeaveTrades:
    """Proposals lapse, what was agreed is called off, and what is under way is disputed (P10)."""

    trades: TradeRepository
    settle: SettleTrade

    async def __call__(self, event: MemberDeparted) -> None:
        for trade in await self.trades.lock_live(of=event.member):
            trade.depart(event.member, at=event.at)
            await self.trades.save(trade)
            await self.settle(trade)


@dataclass(frozen=True, slots=True)
class LeaveProposals:
    """Who leaves by themselves ends first what others count on; proposals lapse (P10)."""

    trades: TradeRepository
    settle: SettleTrade

    async def __call__(self, event: DeletionAsked) -> None:
        """Raise OpenTrades for agreements that are not over."""
        live = await self.trades.lock_live(of=event.member)
        if agreed := [trade.id for trade in live if trade.state in AGREED]:
            raise OpenTrades(trade_ids=agreed)
        for trade in live:
            trade.depart(event.member, at=event.at)
            await self.trades.save(trade)
            await self.settle(trade)
