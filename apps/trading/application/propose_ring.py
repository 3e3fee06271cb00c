"""Proposing a ring: what matching found is put before its members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.collection.contract import CopyId, Holdings, ensure_free, ensure_offered
from apps.identity.contract import Directory, Ranks, TrustLevelTooLow, UserNotFound
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository

LOWEST_LEVEL = 1


@dataclass(frozen=True, slots=True)
class ProposeRing:
    """Put a ring of three or four to its members: each gives to the next, by mail, or nobody does.

    Nobody in it may be hidden from another (BL2), nor be new (D.2); nothing is promised yet.
    """

    work: UnitOfWork
    trades: TradeRepository
    holdings: Holdings
    directory: Directory
    ranks: Ranks
    ids: Ids
    clock: Clock

    async def __call__(self, gifts: Mapping[MemberId, Sequence[CopyId]]) -> TradeId:
        """Raise RingBroken, UserNotFound, TrustLevelTooLow, and what offering copies may raise."""
        trade = Trade.propose_ring(
            TradeId(self.ids.next()),
            gifts=gifts,
            leg_ids=[LegId(self.ids.next()) for _ in gifts],
            at=self.clock.now(),
        )
        async with self.work:
            await self.directory.lock(gifts)
            await self._ensure_welcome(gifts)
            holdings = await self.holdings.lock(trade.copies)
            for giver, copies in gifts.items():
                ensure_offered(holdings, copies, by=giver, side="gifts")
                ensure_free(holdings, copies, asker=giver)
            await self.trades.add(trade)
        return trade.id

    async def _ensure_welcome(self, gifts: Mapping[MemberId, Sequence[CopyId]]) -> None:
        if not await self.directory.together(gifts):
            raise UserNotFound
        ranks = await self.ranks.among(gifts)
        if any(rank.trust_level < LOWEST_LEVEL for rank in ranks.values()):
            raise TrustLevelTooLow
