"""What becomes of proposals over a copy that is no longer to be had."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, CopyUnlisted, Holdings
from apps.trading.domain.history import LapseReason
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class LapseProposals:
    """Every open proposal over the copy lapses, and its author's promises end (T7)."""

    trades: TradeRepository
    holdings: Holdings

    async def __call__(self, event: CopyUnlisted) -> None:
        proposals = await self.trades.lock_open(over=[event.copy])
        for proposal in proposals:
            proposal.lapse(LapseReason.COPY_UNAVAILABLE, at=event.at)
        await self.trades.save_lapsed(proposals)
        await self.holdings.release([AgreementId(proposal.id) for proposal in proposals])
