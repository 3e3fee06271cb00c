"""Where to send the cards of a leg."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.shared.domain.country import Country
from apps.shared.domain.ids import MemberId
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAddressView:
    """What to write on the letter, as its receiver told it on consenting."""

    recipient: str
    lines: Sequence[str]
    postal_code: str | None
    city: str
    region: str | None
    country: Country
    phone: str | None


class ShowLegAddress(Protocol):
    """Where to send the cards that you give, from acceptance to the end of the trade."""

    async def __call__(self, leg: LegId, *, under: TradeId, to: MemberId) -> LegAddressView:
        """Raise AddressNotFound for all others, and before and after."""
        ...
