"""What becomes of trades when a copy in them has become worse."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, CopyWorsened, Holdings
from apps.identity.contract import Directory
from apps.trading.domain.history import LapseReason
from apps.trading.domain.moves import State
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ReopenTrade:
    """The others have to consent anew, to what they see now (T19), if they all see each other.

    What asks for the copy without its owner's consent lapses: nobody gets less than they saw (T7).
    """

    trades: TradeRepository
    holdings: Holdings
    directory: Directory

    async def __call__(self, event: CopyWorsened) -> None:
        unseen = []
        for trade in (live := await self.trades.lock_live(over=event.copy)):
            if trade.state is State.PROPOSED and event.owner not in trade.consented:
                trade.lapse(LapseReason.COPY_CHANGED, at=event.at)
                unseen.append(trade)
            elif trade.reopen(by=event.owner, at=event.at):
                if trade.reopened_by and not await self.directory.together(trade.members):
                    trade.lapse(LapseReason.PARTY_UNAVAILABLE, at=event.at)
                await self.trades.save(trade)
        await self.trades.save_lapsed(unseen)
        lapsed = [AgreementId(trade.id) for trade in live if trade.state is State.LAPSED]
        if lapsed:
            await self.holdings.release(lapsed)
