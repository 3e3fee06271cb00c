"""Bills, ledgers, payments and refunds of group orders in memory."""

from collections.abc import Collection, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from apps.group_orders.domain.bill import Bill, BillRepository, Due, DueId, DueKind, NotLate
from apps.group_orders.domain.currency import Currency
from apps.group_orders.domain.ledger import (
    OF_A_MEMBER,
    Account,
    AccountName,
    AlreadyReversed,
    Books,
    Entry,
    EntryKind,
    Ledger,
    LedgerAccountId,
    LedgerEntryId,
    LedgerEntryNotFound,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import (
    Payment,
    PaymentId,
    PaymentNotFound,
    PaymentRepository,
    Refund,
    RefundId,
    RefundNotFound,
    RefundRepository,
    RefundState,
)
from apps.group_orders.domain.round_events import AllocationId
from apps.shared.domain.ids import MemberId
from tests.support.memory import Diary, Memory, fresh

Place = tuple[AccountName, MemberId | None]


@dataclass
class Kept:
    """What one order has posted."""

    accounts: dict[Place, Account] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def reversed(self) -> set[LedgerEntryId | None]:
        return {entry.reverses for entry in self.entries}


class MemoryLedger(Ledger):
    """The books of all orders."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.kept: dict[GroupOrderId, Kept] = {}

    async def open(self, order: GroupOrderId, currency: Currency, *members: MemberId) -> Books:
        kept = self.kept.setdefault(order, Kept())
        for name in AccountName:
            for member in members if name in OF_A_MEMBER else [None]:
                account = Account(id=LedgerAccountId(uuid7()), name=name, member=member, balance=0)
                kept.accounts.setdefault((name, member), account)
        asked = [each for each in kept.accounts.values() if each.member in {None, *members}]
        return Books(
            id=order, currency=currency, accounts=[*map(copy, asked)], last=len(kept.entries)
        )

    async def members(self, order: GroupOrderId) -> list[MemberId]:
        accounts = self.kept.get(order, Kept()).accounts.values()
        return sorted({each.member for each in accounts if each.member is not None})

    async def keep(self, books: Books) -> None:
        self.diary.note("keep books")
        kept = self.kept[books.id]
        kept.entries += books.posted
        kept.accounts |= {(each.name, each.member): copy(each) for each in books.accounts}
        books.posted.clear()

    async def entry(self, order: GroupOrderId, id: LedgerEntryId) -> Entry:
        kept = self.kept.get(order, Kept())
        for entry in kept.entries:
            if entry.id == id:
                if id in kept.reversed():
                    raise AlreadyReversed
                return entry
        raise LedgerEntryNotFound

    async def standing(self, order: GroupOrderId, kind: EntryKind, *subjects: UUID) -> list[Entry]:
        kept = self.kept.get(order, Kept())
        return [
            entry
            for entry in kept.entries
            if entry.kind is kind and entry.subject in subjects and entry.id not in kept.reversed()
        ]


class MemoryPayments(Memory[PaymentId, Payment], PaymentRepository):
    """Payments."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, PaymentNotFound)

    async def order_of(self, id: PaymentId) -> GroupOrderId:
        return (await self.get(id)).order

    async def lock(self, id: PaymentId) -> Payment:
        self.diary.note("lock payment")
        return await self.get(id)


class MemoryRefunds(Memory[RefundId, Refund], RefundRepository):
    """Refunds."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(diary, RefundNotFound)

    async def order_of(self, id: RefundId) -> GroupOrderId:
        return (await self.get(id)).order

    async def lock(self, id: RefundId) -> Refund:
        self.diary.note("lock refund")
        return await self.get(id)

    async def promised_to(self, member: MemberId, *, of: GroupOrderId) -> list[Refund]:
        self.diary.note("lock refunds")
        promised = [
            refund
            for refund in map(fresh, self.kept.values())
            if (refund.member, refund.order, refund.state) == (member, of, RefundState.PROMISED)
        ]
        return sorted(promised, key=lambda refund: refund.id, reverse=True)

    async def add_all(self, entities: Sequence[Refund], /) -> None:
        for entity in entities:
            await self.add(entity)


class MemoryBills(BillRepository):
    """Bills, and which of their dues stand."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.bills: list[Bill] = []
        self.dues: dict[DueId, Due] = {}
        self.reversed: set[DueId] = set()

    async def add(self, bill: Bill) -> None:
        self.diary.note("add bill")
        self.bills.append(bill)
        await self.add_dues(bill.dues)

    async def add_dues(self, dues: Sequence[Due]) -> None:
        for due in dues:
            if due.late_for in {each.late_for for each in self.dues.values()} - {None}:
                raise NotLate
            self.dues[due.id] = due

    async def standing(
        self, order: GroupOrderId, *, of: AllocationId | None = None
    ) -> Sequence[Due]:
        return [
            due
            for id, due in sorted(self.dues.items())
            if id not in self.reversed and due.order == order and of in {None, due.allocation}
        ]

    async def paid_for(self, order: GroupOrderId) -> Collection[AllocationId]:
        items = [due for due in await self.standing(order) if due.kind is DueKind.ITEM]
        return {due.allocation for due in items if due.allocation is not None}

    async def reverse(self, dues: Sequence[DueId], *, at: datetime) -> None:
        del at
        self.reversed |= {*dues}
