"""Locking a trade whose copies may move."""

from dataclasses import dataclass

from apps.collection.contract import Holdings
from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import TradeId
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository


@dataclass(frozen=True, slots=True)
class LockTrade:
    """Lock the copies before their trade, as everybody does who may move them (P5)."""

    trades: TradeRepository
    holdings: Holdings

    async def __call__(self, id: TradeId, *, by: MemberId | None = None) -> Trade:
        """Return it as it now stands; raise TradeNotFound, also where `by` is a stranger."""
        seen = await self.trades.get(id)
        if by is not None:
            seen.ensure_party(by)
        _ = await self.holdings.lock(seen.copies)
        return await self.trades.lock(id)
