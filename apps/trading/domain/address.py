"""Where mail reaches a member, and what of it the other party of a trade may know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol, Self
from unicodedata import normalize
from uuid import UUID

from apps.shared.domain.country import Country
from apps.shared.domain.errors import DomainError, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate
from apps.trading.domain.terms import TradeId

AddressId = NewType("AddressId", UUID)

MOST_ADDRESSES = 20


class AddressNotFound(NotFound):
    """There is no such address of yours."""


class AddressMissing(DomainError):
    """A trade by mail takes an address of yours, for the other party to send to."""


class AddressNotNeeded(DomainError):
    """Cards that change hands in person need no address."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PostalAddress:
    """What is written on a letter; it has no `repr`, so that it slips into no log."""

    recipient: str
    lines: tuple[str, ...]
    postal_code: str | None
    city: str
    region: str | None
    country: Country
    phone: str | None

    @property
    def place(self) -> str:
        """The place alone, however its name is written: neither who lives there nor a phone."""
        told = (*self.lines, self.postal_code or "", self.city, self.country)
        plain = normalize("NFKC", "|".join(told)).casefold()
        return "".join(sign for sign in plain if sign.isalnum())


@dataclass(kw_only=True, eq=False)
class Address(Aggregate[AddressId]):
    """An entry in a member's address book, with a label for the member alone."""

    member_id: MemberId
    label: str | None
    postal: PostalAddress
    created_at: datetime
    updated_at: datetime

    @classmethod
    def enter(
        cls,
        id: AddressId,
        *,
        of: MemberId,
        label: str | None,
        postal: PostalAddress,
        at: datetime,
    ) -> Self:
        """Write one into the book."""
        return cls(id=id, member_id=of, label=label, postal=postal, created_at=at, updated_at=at)

    def replace(self, *, label: str | None, postal: PostalAddress, at: datetime) -> None:
        """Put another in its place; trades keep what they were told."""
        self.label, self.postal, self.updated_at = label, postal, at


class AddressRepository(Protocol):
    """All address books."""

    async def add(self, entity: Address, /) -> None:
        """Keep a new address."""
        ...

    async def save(self, entity: Address, /) -> None:
        """Keep what changed."""
        ...

    async def delete(self, entity: Address, /) -> None:
        """Forget it."""
        ...

    async def lock(self, id: AddressId, *, of: MemberId) -> Address:
        """Return the member's address, locked; raise AddressNotFound."""
        ...

    async def count(self, *, of: MemberId) -> int:
        """Return how many a member has."""
        ...


class TradeAddressRepository(Protocol):
    """To which address each party of a trade wants its cards sent, as it was on consenting (T4)."""

    async def keep(
        self, trade: TradeId, postal: PostalAddress, *, of: MemberId, at: datetime
    ) -> None:
        """Keep a party's address, in place of the one it told before."""
        ...

    async def of(self, trade: TradeId) -> Mapping[MemberId, PostalAddress]:
        """Return what the parties have told so far."""
        ...
