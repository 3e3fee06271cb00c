"""What becomes of copies and wants when a trade has ended."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings, Wants
from apps.identity.contract import Directory
from apps.trading.domain.moves import LIVE, State
from apps.trading.domain.trade import Resolution, Trade


@dataclass(frozen=True, slots=True)
class SettleTrade:
    """Every promise ends in a hand-over or a release (P6, P7); a live trade keeps its own.

    Used inside the unit of work that changed the trade, its copies locked where any moves. What is
    left to who was removed meanwhile is gone (P10).
    """

    holdings: Holdings
    wants: Wants
    directory: Directory

    async def __call__(self, trade: Trade, *, decided: Resolution | None = None) -> None:
        if trade.state in LIVE:
            return
        if handed_over := trade.handed_over(decided):
            await self.holdings.hand_over(handed_over, under=AgreementId(trade.id))
            await self.wants.settle(handed_over)
        if trade.state is not State.COMPLETED:
            await self.holdings.release([AgreementId(trade.id)])
        if trade.may_outlast_a_party:
            for member in await self.directory.removed(trade.members):
                await self.holdings.let_go(of=member)
