"""What dealing with the money of a group order takes; all of it is used inside a unit of work."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.bill import BillId, BillRepository, Charged, Due, DueId
from apps.group_orders.domain.ledger import AccountName, Books, EntryKind, Ledger
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import Refund, RefundId, RefundRepository
from apps.group_orders.domain.round_events import AllocationId
from apps.shared.domain.ids import Ids, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Fund:
    """What a joiner owes by dues that stand, what they have paid, and what goes back to them."""

    owed: int = 0
    confirmed: int = 0
    refunded: int = 0

    @property
    def spare(self) -> int:
        """What has arrived from them, is not owed and was not promised back.

        Credits beyond what they owe make it no more than has arrived.
        """
        return max(0, self.kept - max(0, self.owed))

    @property
    def kept(self) -> int:
        """What has arrived from them and was not promised back."""
        return self.confirmed - self.refunded


class Funds(Protocol):
    """What joiners of an order owe and have paid."""

    async def of(self, order: GroupOrderId) -> Mapping[MemberId, Fund]:
        """Return it by member, in one question; who has neither is left out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStanding:
    """A due, and how far it is covered by what was reported or confirmed."""

    due: Due
    covered: int
    overdue_at: datetime | None
    reversed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueLeft:
    """A due that ended with an allocation, who has got the slot after that, and has to pay when."""

    due: Due
    due_at: datetime
    successor: AllocationId
    receiver: MemberId


class Charges(Protocol):
    """What the dues of an order rest on: allocations, payments and accepted rules."""

    async def charged(self, order: GroupOrderId) -> Sequence[Charged]:
        """Return the live allocations of an order, by id."""
        ...

    async def ended(self, order: GroupOrderId) -> Sequence[Due]:
        """Return the dues that stand for allocations that have ended and were not passed on."""
        ...

    async def deadlines(self, bills: Collection[BillId]) -> Mapping[BillId, datetime]:
        """Return by when these bills were to be paid at first."""
        ...

    async def left_to(
        self, allocations: Collection[AllocationId], *, at: datetime
    ) -> Sequence[DueLeft]:
        """Return the dues that ended with whose slots these were before, and were not passed on.

        What was reversed before its allocation ended is not among them, and no late fee is: who was
        late was the former one. Who has got a slot has time to pay, without having been asked.
        """
        ...

    async def due(self, order: GroupOrderId, id: DueId) -> DueStanding:
        """Return a due of an order; raise DueNotFound."""
        ...

    async def late_fee(self, order: GroupOrderId, member: MemberId) -> int | None:
        """Return what the rules that this joiner has accepted say of paying late."""
        ...


class OpenRefunds(Protocol):
    """Refunds whose receiver has not got them yet (G11)."""

    async def of_order(self, order: GroupOrderId) -> int:
        """Return how many there are in this order."""
        ...

    async def of_organiser(self, member: MemberId) -> int:
        """Return how many there are in the orders that this member organises."""
        ...

    async def awaited_of(self, member: MemberId) -> bool:
        """Tell whether payments wait for an answer in orders of theirs that were called off.

        What has arrived is to be refunded, so silence would keep it.
        """
        ...


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Promise joiners what they have paid beyond what they owe."""

    funds: Funds
    refunds: RefundRepository
    ids: Ids

    async def __call__(
        self,
        books: Books,
        members: Collection[MemberId],
        *,
        reason: str,
        by: MemberId | None,
        at: datetime,
    ) -> None:
        funds = await self.funds.of(books.id)
        promised = [
            Refund.promise(
                RefundId(self.ids.next()),
                order=books.id,
                member=member,
                amount=funds[member].spare,
                reason=reason,
                by=by,
                at=at,
            )
            for member in sorted(members)
            if member in funds and funds[member].spare
        ]
        for refund in promised:
            promise(books, refund, by=by, ids=self.ids)
        if promised:
            await self.refunds.add_all(promised)


def promise(books: Books, refund: Refund, *, by: MemberId | None, ids: Ids) -> None:
    """Post that a refund was promised; why, the refund itself says, for the ledger is for ever."""
    _ = books.post(
        EntryKind.REFUND_PROMISED,
        member=refund.member,
        amount=refund.amount,
        subject=refund.id,
        by=by,
        at=refund.promised_at,
        ids=ids,
    )


@dataclass(frozen=True, slots=True)
class Cancel:
    """Reverse dues, and promise back what was paid for them."""

    bills: BillRepository
    ledger: Ledger
    give_back: GiveBack
    ids: Ids

    async def __call__(
        self, order: GroupOrder, dues: Sequence[Due], *, reason: str, at: datetime
    ) -> None:
        members = {due.member for due in dues}
        books = await self.ledger.open(order.id, order.currency, *members)
        await self.reverse(books, dues, reason=reason, at=at)
        await self.give_back(books, members, reason=reason, by=None, at=at)
        await self.ledger.keep(books)

    async def reverse(
        self, books: Books, dues: Sequence[Due], *, reason: str, at: datetime
    ) -> None:
        """Reverse them in these books, which hold the accounts of their members."""
        issued = await self.ledger.standing(
            books.id, EntryKind.DUE_ISSUED, *(due.id for due in dues)
        )
        for entry in issued:
            _ = books.reverse(entry, by=None, note=reason, at=at, ids=self.ids)
        await self.bills.reverse([due.id for due in dues], at=at)


def issue(books: Books, due: Due, against: AccountName, *, by: MemberId | None, ids: Ids) -> None:
    """Post that a due was issued."""
    _ = books.post(
        EntryKind.DUE_ISSUED,
        member=due.member,
        amount=due.amount,
        subject=due.id,
        by=by,
        against=against,
        at=due.issued_at,
        ids=ids,
    )
