"""What is known of the parties of a trade by mail, in SQL."""

from collections.abc import Mapping
from datetime import timedelta

from apps.identity.contract import Ranks
from apps.shared.domain.ids import Clock, MemberId
from apps.trading.application.senders import Senders
from apps.trading.domain.address import TradeAddressRepository
from apps.trading.domain.legs import Sender
from apps.trading.domain.trade import Trade
from apps.trading.domain.trades import TradeRepository

LATELY = timedelta(days=365)


class SqlSenders(Senders):
    """One question for ranks, one for lost legs, and one for what the parties have told."""

    def __init__(
        self,
        ranks: Ranks,
        trades: TradeRepository,
        addresses: TradeAddressRepository,
        clock: Clock,
    ) -> None:
        self._ranks = ranks
        self._trades = trades
        self._addresses = addresses
        self._clock = clock

    async def of(self, trade: Trade) -> Mapping[MemberId, Sender]:
        """Who is no longer active counts as new."""
        ranks = await self._ranks.among(trade.members)
        lost = await self._trades.lost_by(trade.members, since=self._clock.now() - LATELY)
        addresses = await self._addresses.of(trade.id)
        return {
            member: Sender(
                trust_level=ranks[member].trust_level if member in ranks else 0,
                completed=ranks[member].completed_trades if member in ranks else 0,
                lost_lately=lost.get(member, 0),
                country=addresses[member].country if member in addresses else "",
            )
            for member in trade.members
        }
