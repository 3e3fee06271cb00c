"""What keeps the books, payments and refunds of group orders; used inside a unit of work."""

from typing import Protocol
from uuid import UUID

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import Books, Entry, EntryKind, LedgerEntryId
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import Payment, PaymentId, Refund, RefundId
from apps.shared.domain.ids import MemberId


class Ledger(Protocol):
    """The books of all orders; used inside a unit of work, with the order locked."""

    async def open(self, order: GroupOrderId, currency: Currency, *members: MemberId) -> Books:
        """Return the accounts of the order and of these members, made where there are none yet."""
        ...

    async def members(self, order: GroupOrderId) -> list[MemberId]:
        """Return whose accounts there are."""
        ...

    async def keep(self, books: Books) -> None:
        """Keep what was posted."""
        ...

    async def entry(self, order: GroupOrderId, id: LedgerEntryId) -> Entry:
        """Return an entry; raise LedgerEntryNotFound or AlreadyReversed."""
        ...

    async def standing(self, order: GroupOrderId, kind: EntryKind, *subjects: UUID) -> list[Entry]:
        """Return what of this kind was posted about these and is not reversed, in sequence."""
        ...


class PaymentRepository(Protocol):
    """All payments. What belongs to an order is changed while the order is locked."""

    async def order_of(self, id: PaymentId) -> GroupOrderId:
        """Return in which order it is; raise PaymentNotFound."""
        ...

    async def lock(self, id: PaymentId) -> Payment:
        """Return it as it now stands; raise PaymentNotFound."""
        ...

    async def add(self, entity: Payment, /) -> None:
        """Keep a new one."""
        ...

    async def save(self, entity: Payment, /) -> None:
        """Keep what changed."""
        ...


class RefundRepository(Protocol):
    """All refunds, likewise."""

    async def order_of(self, id: RefundId) -> GroupOrderId:
        """Return in which order it is; raise RefundNotFound."""
        ...

    async def lock(self, id: RefundId) -> Refund:
        """Return it as it now stands; raise RefundNotFound."""
        ...

    async def add_all(self, entities: list[Refund], /) -> None:
        """Keep new ones."""
        ...

    async def save(self, entity: Refund, /) -> None:
        """Keep what changed."""
        ...
