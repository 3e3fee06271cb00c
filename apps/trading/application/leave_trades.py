"""What becomes of the trades of a member who is suspended or leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.collection.contract import AgreementId, Holdings
from apps.identity.contract import DeletionAsked, MemberDeparted, OpenTrades
from apps.shared.domain.ids import MemberId
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.moves import AGREED, State
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class PartWithTrades:
    """Proposals lapse, all at once; what was agreed is called off, or disputed (P10)."""

    trades: TradeRepository
    holdings: Holdings
    settle: SettleTrade

    async def __call__(self, live: Sequence[Trade], *, left: MemberId, at: datetime) -> None:
        for trade in live:
            trade.depart(left, at=at)
        lapsed = [trade for trade in live if trade.state is State.LAPSED]
        await self.trades.save_lapsed(lapsed)
        await self.holdings.release([AgreementId(trade.id) for trade in lapsed])
        for trade in live:
            if trade.state is not State.LAPSED:
                await self.trades.save(trade)
                await self.settle(trade)


@dataclass(frozen=True, slots=True)
class LeaveTrades:
    """Whoever is suspended or removed leaves all trades at that moment (P10)."""

    trades: TradeRepository
    part: PartWithTrades

    async def __call__(self, event: MemberDeparted) -> None:
        live = await self.trades.lock_live(of=event.member)
        await self.part(live, left=event.member, at=event.at)


@dataclass(frozen=True, slots=True)
class LeaveProposals:
    """Who leaves by themselves ends first what others count on; proposals lapse (P10)."""

    trades: TradeRepository
    part: PartWithTrades

    async def __call__(self, event: DeletionAsked) -> None:
        """Raise OpenTrades for agreements that are not over."""
        live = await self.trades.lock_live(of=event.member)
        if agreed := [trade.id for trade in live if trade.state in AGREED]:
            raise OpenTrades(trade_ids=agreed)
        await self.part(live, left=event.member, at=event.at)
