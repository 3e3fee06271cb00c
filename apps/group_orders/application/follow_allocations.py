"""What becomes of dues when an allocation ends or passes on, or when the order is called off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from apps.group_orders.application.money import Cancel, Charges, issue
from apps.group_orders.application.take_payments import BEYOND
from apps.group_orders.domain.bill import AGAINST, BillRepository, Due, DueId, DueKind
from apps.group_orders.domain.ledger import Ledger
from apps.group_orders.domain.order import GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderCancelled, GroupOrderFailed
from apps.group_orders.domain.round_events import AllocationsEnded, AllocationTransferred
from apps.shared.domain.ids import Ids

ENDED = "The allocation has ended."
HANDED_ON = "The allocation was handed on."
CALLED_OFF = "The order was called off."
TIME_TO_PAY = timedelta(hours=72)
"""What a member has at least for dues that came with an allocation."""


@dataclass(frozen=True, slots=True)
class SettleAllocations:
    """Reverse the dues of allocations that have ended, and promise back what was paid for them."""

    orders: GroupOrderRepository
    charges: Charges
    cancel: Cancel

    async def __call__(self, event: AllocationsEnded) -> None:
        dues = await self.charges.ended(event.order)
        if dues:
            order = await self.orders.lock(event.order)
            await self.cancel(order, dues, reason=ENDED, at=event.at)


@dataclass(frozen=True, slots=True)
class HandOnDues:
    """Issue the dues of an allocation to its new holder; what the former one has paid goes back."""

    orders: GroupOrderRepository
    bills: BillRepository
    ledger: Ledger
    cancel: Cancel
    ids: Ids

    async def __call__(self, event: AllocationTransferred) -> None:
        dues = await self.bills.standing(event.order, of=event.allocation)
        if not dues:
            return
        order = await self.orders.lock(event.order)
        await self.cancel(order, dues, reason=HANDED_ON, at=event.at)
        inherited = self._inherited(dues, event)
        books = await self.ledger.open(order.id, order.currency, event.receiver)
        for due in inherited:
            issue(books, due, AGAINST[due.kind], by=None, ids=self.ids)
        await self.bills.add_dues(inherited)
        await self.ledger.keep(books)

    def _inherited(self, dues: Sequence[Due], event: AllocationTransferred) -> list[Due]:
        return [
            replace(
                due,
                id=DueId(self.ids.next()),
                allocation=event.successor,
                member=event.receiver,
                due_at=max(due.due_at, event.at + TIME_TO_PAY),
                issued_at=event.at,
            )
            for due in dues
            if due.kind is not DueKind.LATE_FEE  # who was late was the former one
        ]


@dataclass(frozen=True, slots=True)
class SettleOrder:
    """Promise back what joiners have paid for an order that was called off (G11).

    Before it was ordered nobody owes anything any more. Afterwards what was allocated and has not
    ended is owed.
    """

    orders: GroupOrderRepository
    bills: BillRepository
    charges: Charges
    ledger: Ledger
    cancel: Cancel

    async def __call__(self, event: GroupOrderCancelled | GroupOrderFailed) -> None:
        order = await self.orders.lock(event.order)
        failed = isinstance(event, GroupOrderFailed)
        owed = self.charges.ended if failed else self.bills.standing
        dues = await owed(event.order)
        members = await self.ledger.members(event.order)
        if members:
            books = await self.ledger.open(order.id, order.currency, *members)
            await self.cancel.reverse(books, dues, reason=CALLED_OFF, at=event.at)
            await self.cancel.give_back(books, members, reason=BEYOND, by=None, at=event.at)
            await self.ledger.keep(books)
