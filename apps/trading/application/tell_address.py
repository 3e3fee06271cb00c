"""Telling the other party of a trade where to send its cards."""

from dataclasses import dataclass
from datetime import datetime

from apps.shared.domain.ids import MemberId
from apps.trading.domain.address import (
    Address,
    AddressId,
    AddressMissing,
    AddressNotFound,
    AddressNotNeeded,
    AddressRepository,
    TradeAddressRepository,
)
from apps.trading.domain.terms import Method
from apps.trading.domain.trade import Trade

POINTER = "/address_id"


@dataclass(frozen=True, slots=True)
class TellAddress:
    """Who consents to a trade by mail tells an address, which the trade keeps as it then is (T4).

    Who has consented to an earlier revision need not tell it again.
    """

    addresses: AddressRepository
    told: TradeAddressRepository

    async def __call__(
        self, trade: Trade, *, by: MemberId, address_id: AddressId | None, at: datetime
    ) -> None:
        """Keep it; raise AddressMissing, AddressNotNeeded, or AddressNotFound."""
        if trade.method is not Method.MAIL:
            if address_id is not None:
                raise AddressNotNeeded(errors=fault("not-needed", "Leave it out."))
        elif address_id is not None:
            postal = (await self._mine(address_id, by)).postal
            await self.told.keep(trade.id, postal, of=by, at=at)
        elif by not in await self.told.of(trade.id):
            raise AddressMissing(errors=fault("missing", "Say to which address."))

    async def _mine(self, id: AddressId, by: MemberId) -> Address:
        try:
            return await self.addresses.lock(id, of=by)
        except AddressNotFound:
            raise AddressNotFound(errors=fault("not-found", "No such address.")) from None


def fault(code: str, detail: str) -> list[dict[str, str]]:
    """Point into the request."""
    return [{"pointer": POINTER, "code": code, "detail": detail}]
