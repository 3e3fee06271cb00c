"""Bills and their dues, found and kept in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from apps.group_orders.domain.bill import Bill, BillRepository, Due, DueId, DueKind
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.infrastructure.money_models import OrderBillModel, OrderDueModel
from apps.shared.infrastructure.current import Current

BILL, DUE = OrderBillModel, OrderDueModel
STANDING = select(DUE).where(DUE.reversed_at.is_(None)).order_by(DUE.id)


class SqlBillRepository(BillRepository):
    """One statement each, however many dues there are."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def add(self, bill: Bill) -> None:
        """Insert it, and all dues at once."""
        original = bill.original
        await self._current.session.execute(
            insert(BILL).values(
                id=bill.id,
                group_order_id=bill.order,
                kind=bill.kind,
                total=bill.total,
                split=bill.split,
                note=bill.note,
                due_at=bill.due_at,
                original_currency=original and original.currency,
                original_amount=original and original.amount,
                rate=original and str(original.rate),
                rated_on=original and original.rated_on,
                issued_by=bill.issued_by,
                issued_at=bill.issued_at,
            )
        )
        await self.add_dues(bill.dues)

    async def add_dues(self, dues: Sequence[Due]) -> None:
        """Insert them."""
        if dues:
            await self._current.session.execute(insert(DUE), [row_of(due) for due in dues])

    async def standing(
        self, order: GroupOrderId, *, of: AllocationId | None = None
    ) -> Sequence[Due]:
        """Read a range of the order's index."""
        await self._current.transaction.flush()
        theirs = STANDING.where(DUE.group_order_id == order)
        if of is not None:
            theirs = theirs.where(DUE.allocation_id == of)
        return [entity(row) for row in await self._current.session.scalars(theirs)]

    async def paid_for(self, order: GroupOrderId) -> Collection[AllocationId]:
        """Read them from the dues of the order."""
        found = await self._current.session.scalars(
            select(DUE.allocation_id).where(
                DUE.group_order_id == order,
                DUE.kind == DueKind.ITEM,
                DUE.reversed_at.is_(None),
            )
        )
        return {id for id in found if id is not None}

    async def reverse(self, dues: Sequence[DueId], *, at: datetime) -> None:
        """Note when."""
        if dues:
            await self._current.session.execute(
                update(DUE)
                .where(DUE.id.in_(dues))
                .values(reversed_at=at)
                .execution_options(synchronize_session=False)
            )


def row_of(due: Due) -> dict[str, Any]:
    """Return a due as a row."""
    return {
        "id": due.id,
        "bill_id": due.bill,
        "group_order_id": due.order,
        "allocation_id": due.allocation,
        "member_id": due.member,
        "kind": due.kind,
        "amount": due.amount,
        "due_at": due.due_at,
        "issued_at": due.issued_at,
        "late_for": due.late_for,
    }


def entity(row: OrderDueModel) -> Due:
    """Rebuild a due."""
    return Due(
        id=row.id,
        bill=row.bill_id,
        order=row.group_order_id,
        allocation=row.allocation_id,
        member=row.member_id,
        kind=row.kind,
        amount=row.amount,
        due_at=row.due_at,
        issued_at=row.issued_at,
        late_for=row.late_for,
    )
