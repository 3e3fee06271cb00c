"""How many trades run at once until memberships say so (D.2, D.5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingLimits:
    """The values of the free plan, unless the operator sets others."""

    open_proposals_out: int = 10
    live_trades_per_pair: int = 3
