"""What becomes of a trade when a promised copy has become worse."""

from dataclasses import dataclass

from apps.collection.contract import CopyWorsened
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ReopenTrade:
    """The others have to consent anew, to what they see now (T19)."""

    trades: TradeRepository

    async def __call__(self, event: CopyWorsened) -> None:
        for trade in await self.trades.lock_live(over=event.copy):
            if trade.reopen(by=event.owner, at=event.at):
                await self.trades.save(trade)
