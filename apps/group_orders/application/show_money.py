"""Questions about the money of a group order, and what they answer."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from apps.group_orders.domain.bill import BillId, DueId, DueKind, DueState, Split
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import AccountName, EntryKind, LedgerEntryId
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import (
    PaymentAction,
    PaymentId,
    PaymentSource,
    PaymentState,
    RefundAction,
    RefundId,
    RefundState,
)
from apps.group_orders.domain.round_events import AllocationId
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerView:
    """A joiner; the nickname is null where they have left or are hidden from you."""

    id: MemberId
    nickname: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueView:
    """What a joiner owes, in minor units of `currency`; a negative amount is a credit.

    `covered` of it were reported or confirmed as paid, `paid` of it confirmed: payments cover the
    dues of their joiner by deadline. `reported` dues wait for whoever runs the order.
    """

    id: DueId
    bill_id: BillId
    kind: DueKind
    allocation_id: AllocationId | None
    member: PayerView
    amount: int
    covered: int
    paid: int
    currency: Currency
    state: DueState
    note: str | None
    late_for: DueId | None
    due_at: datetime
    issued_at: datetime
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalView:
    """What was paid in another currency, and the organiser's rate, with its date."""

    currency: Currency
    amount: int
    rate: str
    rated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView:
    """What was charged at once; its dues add up to `total`."""

    id: BillId
    kind: DueKind
    total: int
    currency: Currency
    split: Split
    note: str | None
    due_at: datetime
    original: OriginalView | None
    issued_at: datetime
    dues: Sequence[DueView]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """What a joiner has paid; it is answered by `answer_due_at`, or flagged.

    `reason` is why it was disputed or taken back.
    """

    id: PaymentId
    member: PayerView
    amount: int
    currency: Currency
    method: str
    reference: str | None
    picture_url: str | None
    source: PaymentSource
    state: PaymentState
    reported_at: datetime
    answer_due_at: datetime
    flagged_at: datetime | None
    answered_at: datetime | None
    reason: str | None
    allowed_actions: Sequence[PaymentAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """What goes back to a joiner; `decided` ones were found to be paid by a moderator."""

    id: RefundId
    member: PayerView
    amount: int
    currency: Currency
    reason: str
    state: RefundState
    promised_at: datetime
    ended_at: datetime | None
    allowed_actions: Sequence[RefundAction]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An amount that has moved from the account `credit` to the account `debit`.

    `member` is whom it concerns, `owed` by how much what they owe has changed. `subject_id` is the
    due, the payment or the refund that it is about.
    """

    id: LedgerEntryId
    sequence: int
    kind: EntryKind
    member: PayerView
    debit: AccountName
    credit: AccountName
    amount: int
    owed: int
    currency: Currency
    subject_id: UUID
    reverses_id: LedgerEntryId | None
    reversed_by_id: LedgerEntryId | None
    actor_id: MemberId | None
    note: str | None
    at: datetime


class ListDues(Protocol):
    """What joiners of a group order owe, newest first.

    Who runs it reads all, and everybody else their own.
    """

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[DueView]:
        """Raise GroupOrderNotFound."""
        ...


class ShowBill(Protocol):
    """A bill with all its dues, to who has just issued it."""

    async def __call__(self, id: BillId, *, to: MemberId) -> BillView:
        """Read it."""
        ...


class ListPayments(Protocol):
    """What joiners of a group order have paid, newest first.

    Who runs it reads all, and everybody else their own.
    """

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[PaymentView]:
        """Raise GroupOrderNotFound."""
        ...


class ShowPayment(Protocol):
    """One payment, to who was let do something with it."""

    async def __call__(self, id: PaymentId, *, to: MemberId) -> PaymentView:
        """Read it."""
        ...


class ListRefunds(Protocol):
    """What goes back to joiners of a group order, newest first.

    Who runs it reads all, and everybody else their own.
    """

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[RefundView]:
        """Raise GroupOrderNotFound."""
        ...


class ShowRefund(Protocol):
    """One refund, to who was let do something with it."""

    async def __call__(self, id: RefundId, *, to: MemberId) -> RefundView:
        """Read it."""
        ...


class ListEntries(Protocol):
    """The ledger of a group order, latest entry first.

    Who runs it reads all entries, and everybody else those that concern themselves.
    """

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[EntryView]:
        """Raise GroupOrderNotFound."""
        ...


class ShowEntry(Protocol):
    """One entry, to who has just posted it."""

    async def __call__(self, id: LedgerEntryId, *, to: MemberId) -> EntryView:
        """Read it."""
        ...


class ExportLedger(Protocol):
    """The ledger of a group order as CSV (RFC 4180, UTF-8), first entry first, for a spreadsheet.

    Who runs it gets all entries, and everybody else those that concern themselves: their `owed`
    add up to what the statement says. A text that a spreadsheet would take for a formula stands
    behind an apostrophe.
    """

    def __call__(self, id: GroupOrderId, *, to: MemberId) -> AsyncIterator[Sequence[EntryView]]:
        """Yield them portion by portion; raise GroupOrderNotFound before the first."""
        ...
