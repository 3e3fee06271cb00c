"""What becomes of proposals between members of whom one has blocked the other."""

from dataclasses import dataclass

from apps.collection.contract import AgreementId, Holdings
from apps.identity.contract import MemberBlocked
from apps.trading.domain.history import LapseReason
from apps.trading.domain.moves import State
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class LapseProposalsBetween:
    """Every open proposal between the two lapses, and its author's promises end (BL3).

    Agreements go on, but are locked: one that is reopened at this moment is a proposal by then.
    """

    trades: TradeRepository
    holdings: Holdings

    async def __call__(self, event: MemberBlocked) -> None:
        live = await self.trades.lock_live_between({event.blocker, event.blocked})
        proposals = [trade for trade in live if trade.state is State.PROPOSED]
        for proposal in proposals:
            proposal.lapse(LapseReason.PARTY_UNAVAILABLE, at=event.at)
        await self.trades.save_lapsed(proposals)
        await self.holdings.release([AgreementId(proposal.id) for proposal in proposals])
