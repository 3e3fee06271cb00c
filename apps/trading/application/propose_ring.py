"""Proposing a ring: what matching found is put before its members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.collection.contract import CopyId, Holdings, ensure_free, ensure_offered
from apps.identity.contract import Directory, UserNotFound
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.application.standing_limits import StandingLimits
from apps.trading.contract import RingProposals
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class ProposeRing(RingProposals):
    """Put a ring of two to four to its members: each gives to the next, by mail, or nobody does.

    Nobody in it may be hidden from another (BL2), nor, among three or more, be new (R8); nothing
    is promised yet.
    """

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    directory: Directory
    allowed: StandingLimits
    ids: Ids
    clock: Clock

    async def __call__(self, gifts: Mapping[MemberId, Sequence[CopyId]]) -> TradeId:
        """Raise RingBroken and UserNotFound, and what ranks and offering copies may raise."""
        trade = Trade.propose_ring(
            TradeId(self.ids.next()),
            gifts=gifts,
            leg_ids=[LegId(self.ids.next()) for _ in gifts],
            at=self.clock.now(),
        )
        async with self.work:
            await self.directory.lock(gifts)
            if not await self.directory.together(gifts):
                raise UserNotFound
            await self.allowed.ensure_may_join(trade)
            holdings = await self.holdings.lock(trade.copies)
            for giver, copies in gifts.items():
                ensure_offered(holdings, copies, by=giver, side="gifts")
                ensure_free(holdings, copies, asker=giver)
            await self.trades.add(trade)
        return trade.id
