"""What becomes of copies and wants when a trade has ended."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings, Wants
from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.trade import Resolution, Trade


@dataclass(frozen=True, slots=True)
class SettleTrade:
    """Every promise ends in a hand-over or a release (P6, P7); a live trade keeps its own.

    Used inside the unit of work that changed the trade, its copies locked where any moves.
    """

    holdings: Holdings
    wants: Wants

    async def __call__(self, trade: Trade, *, decided: Resolution | None = None) -> None:
        if trade.state in LIVE:
            return
        if handed_over := trade.handed_over(decided):
            await self.holdings.hand_over(handed_over, under=AgreementId(trade.id))
            await self.wants.settle(handed_over)
        if trade.state is not State.COMPLETED:
            await self.holdings.release([AgreementId(trade.id)])
