"""What becomes of dues when an allocation ends or passes on, or when the order is called off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from apps.group_orders.application.money import Cancel, Charges, DueLeft, issue
from apps.group_orders.application.take_payments import BEYOND
from apps.group_orders.domain.bill import (
    AGAINST,
    BillRepository,
    DueId,
    DueKind,
    handed_on_until,
)
from apps.group_orders.domain.ledger import Ledger
from apps.group_orders.domain.order import GroupOrder, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderCancelled, GroupOrderFailed
from apps.group_orders.domain.round_events import (
    AllocationsEnded,
    AllocationsMade,
    AllocationTransferred,
)
from apps.shared.domain.ids import Ids

ENDED = "The allocation has ended."
HANDED_ON = "The allocation was handed on."
CALLED_OFF = "The order was called off."


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
class Inherit:
    """Issue dues anew to who has a slot now; used inside a unit of work."""

    bills: BillRepository
    ledger: Ledger
    ids: Ids

    async def __call__(self, order: GroupOrder, left: Sequence[DueLeft], *, at: datetime) -> None:
        dues = [
            replace(
                each.due,
                id=DueId(self.ids.next()),
                allocation=each.successor,
                member=each.receiver,
                due_at=each.due_at,
                issued_at=at,
            )
            for each in left
        ]
        books = await self.ledger.open(order.id, order.currency, *{due.member for due in dues})
        for due in dues:
            issue(books, due, AGAINST[due.kind], by=None, ids=self.ids)
        await self.bills.add_dues(dues)
        await self.ledger.keep(books)


@dataclass(frozen=True, slots=True)
class HandOnDues:
    """Issue the dues of an allocation to its new holder; what the former one has paid goes back."""

    orders: GroupOrderRepository
    bills: BillRepository
    charges: Charges
    cancel: Cancel
    inherit: Inherit

    async def __call__(self, event: AllocationTransferred) -> None:
        dues = await self.bills.standing(event.order, of=event.allocation)
        if not dues:
            return
        order = await self.orders.lock(event.order)
        await self.cancel(order, dues, reason=HANDED_ON, at=event.at)
        billed = await self.charges.deadlines({due.bill for due in dues})
        handed_on = [
            DueLeft(
                due=due,
                due_at=handed_on_until(due.due_at, billed=billed[due.bill], at=event.at),
                successor=event.successor,
                receiver=event.receiver,
            )
            for due in dues
            if due.kind is not DueKind.LATE_FEE  # who was late was the former one
        ]
        await self.inherit(order, handed_on, at=event.at)


@dataclass(frozen=True, slots=True)
class TakeOverDues:
    """Issue what a slot had cost to who gets it next, or a bill would not be charged in full."""

    orders: GroupOrderRepository
    charges: Charges
    inherit: Inherit

    async def __call__(self, event: AllocationsMade) -> None:
        left = await self.charges.left_to(event.allocations, at=event.at)
        if left:
            await self.inherit(await self.orders.lock(event.order), left, at=event.at)


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
