"""What becomes of a trade when a promised copy has become worse."""

from dataclasses import dataclass

from apps.collection.contract import CopyWorsened
from apps.identity.contract import Directory
from apps.trading.application.settle_trade import SettleTrade
from apps.trading.domain.history import LapseReason
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ReopenTrade:
    """The others have to consent anew, to what they see now (T19), if they all see each other."""

    trades: TradeRepository
    directory: Directory
    settle: SettleTrade

    async def __call__(self, event: CopyWorsened) -> None:
        for trade in await self.trades.lock_live(over=event.copy):
            if not trade.reopen(by=event.owner, at=event.at):
                continue
            if trade.reopened_by and not await self.directory.together(trade.members):
                trade.lapse(LapseReason.PARTY_UNAVAILABLE, at=event.at)
            await self.trades.save(trade)
            await self.settle(trade)
