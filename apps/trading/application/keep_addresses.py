"""Keeping one's address book."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.contract import Directory
from apps.shared.application.pages import Page
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.country import Country
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.trading.domain.address import (
    MOST_ADDRESSES,
    Address,
    AddressId,
    AddressRepository,
    PostalAddress,
)


@dataclass(frozen=True, slots=True)
class AddAddress:
    """Write down where mail reaches you; nobody sees it before you tell it to a trade."""

    work: UnitOfWork
    addresses: AddressRepository
    directory: Directory
    ids: Ids
    clock: Clock

    async def __call__(
        self, *, by: MemberId, label: str | None, postal: PostalAddress
    ) -> AddressId:
        async with self.work:
            await self.directory.lock([by])  # or two at once would count the same number
            had = await self.addresses.count(of=by)
            if had >= MOST_ADDRESSES:
                raise LimitExceeded("addresses_max", limit=MOST_ADDRESSES, current=had)
            address = Address.enter(
                AddressId(self.ids.next()),
                of=by,
                label=label,
                postal=postal,
                at=self.clock.now(),
            )
            await self.addresses.add(address)
        return address.id


@dataclass(frozen=True, slots=True)
class ReplaceAddress:
    """Change an address of yours; trades that were told it keep it as it was."""

    work: UnitOfWork
    addresses: AddressRepository
    clock: Clock

    async def __call__(
        self,
        id: AddressId,
        *,
        by: MemberId,
        label: str | None,
        postal: PostalAddress,
        unchanged: Precondition = unconditional,
    ) -> None:
        async with self.work:
            address = await self.addresses.lock(id, of=by)
            await unchanged()
            address.replace(label=label, postal=postal, at=self.clock.now())
            await self.addresses.save(address)


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    """Forget an address of yours; trades that were told it keep it until they end."""

    work: UnitOfWork
    addresses: AddressRepository

    async def __call__(
        self, id: AddressId, *, by: MemberId, unchanged: Precondition = unconditional
    ) -> None:
        async with self.work:
            address = await self.addresses.lock(id, of=by)
            await unchanged()
            await self.addresses.delete(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    """An entry in your address book."""

    id: AddressId
    label: str | None
    recipient: str
    lines: Sequence[str]
    postal_code: str | None
    city: str
    region: str | None
    country: Country
    phone: str | None
    created_at: datetime
    updated_at: datetime


class ShowAddress(Protocol):
    """An address of yours."""

    async def __call__(self, id: AddressId, *, to: MemberId) -> AddressView:
        """Raise AddressNotFound."""
        ...


class ListAddresses(Protocol):
    """Your addresses, newest first."""

    async def __call__(self, me: MemberId, *, after: str | None, limit: int) -> Page[AddressView]:
        """Return one page."""
        ...
