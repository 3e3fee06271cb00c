"""What a member's standing allows them in trades (R8)."""

from dataclasses import dataclass

from apps.identity.contract import (
    Directory,
    EmailNotVerified,
    Rank,
    Ranks,
    TrustLevelTooLow,
)
from apps.shared.domain.errors import InvalidToken
from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import NEWCOMERS_COPIES, Method
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository

PAIR = 2
NEWCOMERS_TRADES = 2
"""Agreed and not over, when a member of level 0 accepts one more."""


@dataclass(frozen=True, slots=True)
class StandingLimits:
    """Used inside the unit of work of whoever consents to something."""

    ranks: Ranks
    directory: Directory
    trades: TradeRepository

    async def ensure_may_offer(self, trade: Trade, *, by: MemberId) -> None:
        """Raise TrustLevelTooLow or EmailNotVerified for terms that this party may not send."""
        _ensure_within(await self._rank(by), trade)

    async def ensure_may_join(self, ring: Trade) -> None:
        """Raise TrustLevelTooLow or EmailNotVerified where a party may not be in a ring."""
        for rank in (await self.ranks.among(ring.members)).values():
            _ensure_within(rank, ring)

    async def hold(self, by: MemberId) -> Rank:
        """Return the rank of who is to accept; lock a newcomer, whose trades will be counted."""
        rank = await self._rank(by)
        if not rank.trust_level:
            await self.directory.lock([by])
        return rank

    async def _rank(self, member: MemberId) -> Rank:
        """Return a rank; raise InvalidToken for who was suspended since the request came in."""
        rank = (await self.ranks.among([member])).get(member)
        if rank is None:
            raise InvalidToken
        return rank

    def ensure_may_consent(self, trade: Trade, *, by: Rank) -> None:
        """Raise TrustLevelTooLow or EmailNotVerified for terms that this party may not accept."""
        _ensure_within(by, trade)

    async def ensure_room(self, by: Rank) -> None:
        """Raise TrustLevelTooLow; the trade is not yet saved as accepted."""
        if by.trust_level:
            return
        agreed = await self.trades.count_agreed(of=by.id)
        if agreed >= NEWCOMERS_TRADES:
            raise TrustLevelTooLow(
                f"At level 0 you have {NEWCOMERS_TRADES} trades at once; end one of them first.",
                trust_level=by.trust_level,
            )


def _ensure_within(rank: Rank, trade: Trade) -> None:
    if trade.method is Method.MAIL and not rank.email_verified:
        raise EmailNotVerified
    if len(trade.parties) > PAIR and not rank.trust_level:
        raise TrustLevelTooLow(
            "At level 0 you take part in no rings.", trust_level=rank.trust_level
        )
    most = max(len(leg.copies) for leg in trade.legs)
    if not rank.trust_level and most > NEWCOMERS_COPIES:
        raise TrustLevelTooLow(
            f"At level 0 you trade {NEWCOMERS_COPIES} copies a side.",
            trust_level=rank.trust_level,
        )
