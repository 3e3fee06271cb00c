"""The books of a group order: double entry, nothing edited, errors reversed (G8).

An entry is one amount that moves from one account to another. It balances by construction, and so
does every order (ADR 23). Balances are debits less credits, in minor units of the order's currency.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.order_events import GroupOrderEvent, GroupOrderId
from apps.shared.domain.errors import Conflict, NotFound
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.domain.model import Aggregate

LedgerAccountId = NewType("LedgerAccountId", UUID)
LedgerEntryId = NewType("LedgerEntryId", UUID)


class LedgerEntryNotFound(NotFound):
    """There is no such entry in the ledger of this group order."""


class AlreadyReversed(Conflict):
    """This entry was reversed before; an entry is reversed once."""


class NotReversible(Conflict):
    """This entry stands: it is itself a reversal, or somebody else has stated or confirmed it."""


class AccountTooLow(Conflict):
    """There is less on this account than that."""


class AccountName(StrEnum):
    """What an account is about; `receivable` and `refund_payable` each joiner has for themselves.

    `receivable` is what a joiner owes, and negative where they have paid more. `reported_cash` is
    what joiners say to have paid, `confirmed_cash` what has arrived. `refund_payable` is promised
    to a joiner, as a negative number. The others are what is charged for, negative as well.
    """

    RECEIVABLE = "receivable"
    REPORTED_CASH = "reported_cash"
    CONFIRMED_CASH = "confirmed_cash"
    VENDOR = "vendor"
    SHIPPING = "shipping"
    CUSTOMS = "customs"
    FEE = "fee"
    REFUND_PAYABLE = "refund_payable"
    ROUNDING = "rounding"


OF_A_MEMBER = frozenset({AccountName.RECEIVABLE, AccountName.REFUND_PAYABLE})
NEVER_NEGATIVE = frozenset({AccountName.REPORTED_CASH, AccountName.CONFIRMED_CASH})
NEVER_POSITIVE = frozenset({AccountName.REFUND_PAYABLE})


class EntryKind(StrEnum):
    """What an entry states."""

    DUE_ISSUED = "due_issued"
    PAYMENT_REPORTED = "payment_reported"
    PAYMENT_CONFIRMED = "payment_confirmed"
    PAYMENT_DISPUTED = "payment_disputed"
    REFUND_PROMISED = "refund_promised"
    REFUND_CONFIRMED = "refund_confirmed"
    REVERSAL = "reversal"


SIDES: dict[EntryKind, tuple[AccountName, AccountName]] = {
    EntryKind.PAYMENT_REPORTED: (AccountName.REPORTED_CASH, AccountName.RECEIVABLE),
    EntryKind.PAYMENT_CONFIRMED: (AccountName.CONFIRMED_CASH, AccountName.REPORTED_CASH),
    EntryKind.PAYMENT_DISPUTED: (AccountName.RECEIVABLE, AccountName.REPORTED_CASH),
    EntryKind.REFUND_PROMISED: (AccountName.RECEIVABLE, AccountName.REFUND_PAYABLE),
    EntryKind.REFUND_CONFIRMED: (AccountName.REFUND_PAYABLE, AccountName.CONFIRMED_CASH),
}
"""Which account each kind debits, and which it credits; a due credits what is charged for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntryPosted(GroupOrderEvent):
    """An amount has moved between two accounts of a group order."""

    entry: LedgerEntryId
    sequence: int
    entry_kind: EntryKind
    member: MemberId
    amount: int
    currency: Currency


@dataclass(slots=True, kw_only=True)
class Account:
    """One account of an order, with its balance."""

    id: LedgerAccountId
    name: AccountName
    member: MemberId | None
    balance: int

    def move(self, amount: int) -> None:
        """Add to it; raise AccountTooLow below its floor."""
        balance = self.balance + amount
        if self.name in NEVER_NEGATIVE and balance < 0:
            raise AccountTooLow(account=self.name, balance=self.balance)
        if self.name in NEVER_POSITIVE and balance > 0:
            raise AccountTooLow(account=self.name, balance=-self.balance)
        self.balance = balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A positive amount on its way from one account to another, and whom it concerns.

    `subject` is the due, the payment or the refund that it is about. `actor` is nobody where it
    follows from something else.
    """

    id: LedgerEntryId
    sequence: int
    kind: EntryKind
    debit: LedgerAccountId
    credit: LedgerAccountId
    amount: int
    member: MemberId
    subject: UUID
    actor: MemberId | None
    reverses: LedgerEntryId | None
    note: str | None
    at: datetime


@dataclass(kw_only=True, eq=False)
class Books(Aggregate[GroupOrderId]):
    """The accounts of one order that a change is about, and what is posted in it.

    They are opened while the order is locked, so `last` is the sequence of its latest entry.
    """

    currency: Currency
    accounts: list[Account]
    last: int
    posted: list[Entry] = field(default_factory=list)

    def account(self, name: AccountName, member: MemberId) -> Account:
        """Return the account of this name, of this member where each has one."""
        of = member if name in OF_A_MEMBER else None
        return next(each for each in self.accounts if (each.name, each.member) == (name, of))

    def post(
        self,
        kind: EntryKind,
        *,
        member: MemberId,
        amount: int,
        subject: UUID,
        by: MemberId | None,
        at: datetime,
        ids: Ids,
        against: AccountName | None = None,
        note: str | None = None,
    ) -> Entry:
        """Move an amount as its kind says; a due is issued `against` what it is charged for.

        A negative due goes the other way round. Raises AccountTooLow.
        """
        debit, credit = SIDES[kind] if against is None else (AccountName.RECEIVABLE, against)
        if amount < 0:
            debit, credit = credit, debit
        return self._move(
            self.account(debit, member),
            self.account(credit, member),
            Entry(
                id=LedgerEntryId(ids.next()),
                sequence=self.last + 1,
                kind=kind,
                debit=self.account(debit, member).id,
                credit=self.account(credit, member).id,
                amount=abs(amount),
                member=member,
                subject=subject,
                actor=by,
                reverses=None,
                note=note,
                at=at,
            ),
        )

    def reverse(
        self, entry: Entry, *, by: MemberId | None, note: str | None, at: datetime, ids: Ids
    ) -> Entry:
        """Move the amount of an entry back; raise NotReversible or AccountTooLow."""
        if entry.kind is EntryKind.REVERSAL:
            raise NotReversible
        by_id = {account.id: account for account in self.accounts}
        return self._move(
            by_id[entry.credit],
            by_id[entry.debit],
            Entry(
                id=LedgerEntryId(ids.next()),
                sequence=self.last + 1,
                kind=EntryKind.REVERSAL,
                debit=entry.credit,
                credit=entry.debit,
                amount=entry.amount,
                member=entry.member,
                subject=entry.subject,
                actor=by,
                reverses=entry.id,
                note=note,
                at=at,
            ),
        )

    def _move(self, debit: Account, credit: Account, entry: Entry) -> Entry:
        debit.move(entry.amount)
        credit.move(-entry.amount)
        self.last = entry.sequence
        self.posted.append(entry)
        self.record(
            LedgerEntryPosted(
                order=self.id,
                entry=entry.id,
                sequence=entry.sequence,
                entry_kind=entry.kind,
                member=entry.member,
                amount=entry.amount,
                currency=self.currency,
                at=entry.at,
            )
        )
        return entry


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
