"""What becomes of copies, wants and standings when a trade has ended."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings, Wants
from apps.identity.contract import Standings
from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.trade import Trade


@dataclass(frozen=True, slots=True)
class SettleTrade:
    """Every promise ends in a hand-over or a release (P6, P7); a live trade keeps its own.

    Used inside the unit of work that changed the trade, its copies locked where any moves.
    """

    holdings: Holdings
    wants: Wants
    standings: Standings

    async def __call__(self, trade: Trade) -> None:
        if trade.state in LIVE:
            return
        if trade.handed_over:
            await self.holdings.hand_over(trade.handed_over, under=AgreementId(trade.id))
            await self.wants.settle(trade.handed_over)
        if trade.state is State.COMPLETED:
            await self.standings.count_completed(trade.members, at=trade.updated_at)
        else:
            await self.holdings.release([AgreementId(trade.id)])
