"""What is known of the parties of a trade by mail when it is settled who sends first, and how."""

from collections.abc import Mapping
from typing import Protocol

from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import Sender
from apps.trading.domain.trade import Trade


class Senders(Protocol):
    """Asked inside the unit of work in which the last party consents."""

    async def of(self, trade: Trade) -> Mapping[MemberId, Sender]:
        """Return level, completed trades, lost mail and country of each party."""
        ...
