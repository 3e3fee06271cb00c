"""Address books, what trades keep of them, and handshakes, in memory."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from apps.shared.domain.ids import MemberId
from apps.trading.application.tell_address import TellAddress
from apps.trading.domain.address import (
    Address,
    AddressId,
    AddressNotFound,
    AddressRepository,
    PostalAddress,
    TradeAddressRepository,
)
from apps.trading.domain.handshake import (
    Handshake,
    HandshakeId,
    HandshakeNotFound,
    HandshakeRepository,
)
from apps.trading.domain.terms import TradeId
from tests.support.memory import Diary, Memory


class MemoryAddresses(Memory[AddressId, Address], AddressRepository):
    """Address books."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, AddressNotFound)

    async def lock(self, id: AddressId, *, of: MemberId) -> Address:
        self.diary.note("lock address")
        address = await self.get(id)
        if address.member_id != of:
            raise AddressNotFound
        return address

    async def delete(self, entity: Address, /) -> None:
        del self.kept[entity.id]

    async def count(self, *, of: MemberId) -> int:
        return sum(address.member_id == of for address in self.kept.values())


@dataclass
class MemoryTradeAddresses(TradeAddressRepository):
    """What trades were told."""

    told: dict[TradeId, dict[MemberId, PostalAddress]] = field(default_factory=dict)

    async def keep(
        self, trade: TradeId, postal: PostalAddress, *, of: MemberId, at: datetime
    ) -> None:
        del at
        self.told.setdefault(trade, {})[of] = postal

    async def of(self, trade: TradeId) -> Mapping[MemberId, PostalAddress]:
        return dict(self.told.get(trade, {}))


class MemoryHandshakes(Memory[HandshakeId, Handshake], HandshakeRepository):
    """Handshakes."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, HandshakeNotFound)

    async def open(self, handshakes: Sequence[Handshake], /) -> None:
        self.kept |= {handshake.id: deepcopy(handshake) for handshake in handshakes}


def telling(diary: Diary) -> TellAddress:
    """What use cases tell addresses by."""
    return TellAddress(MemoryAddresses(diary), MemoryTradeAddresses())
