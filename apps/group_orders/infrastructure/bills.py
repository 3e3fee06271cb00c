"""Bills and their dues, found and kept in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, select, update

from apps.group_orders.application.money import Bills, DueStanding
from apps.group_orders.domain.bill import Bill, Charged, Due, DueId, DueKind, DueNotFound
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.infrastructure.coverage import COVERED
from apps.group_orders.infrastructure.models import OrderJoinerModel, OrderRulesModel
from apps.group_orders.infrastructure.money_models import OrderBillModel, OrderDueModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

BILL, DUE = OrderBillModel, OrderDueModel
ALLOCATION, RULES, JOINER = OrderAllocationModel, OrderRulesModel, OrderJoinerModel
PASSED_ON = EndReason.TRANSFERRED


class SqlBills(Bills):
    """One statement each, however many dues there are."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def charged(self, order: GroupOrderId) -> Sequence[Charged]:
        """Read a range of the order's index."""
        live = await self._current.session.execute(
            select(ALLOCATION.id, ALLOCATION.member_id, ALLOCATION.unit_price)
            .where(ALLOCATION.group_order_id == order, ALLOCATION.ended_at.is_(None))
            .order_by(ALLOCATION.id)
        )
        return [
            Charged(allocation=id, member=member, unit_price=price) for id, member, price in live
        ]

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

    async def due(self, order: GroupOrderId, id: DueId) -> DueStanding:
        """Read it by its key, with what covers it."""
        await self._current.transaction.flush()
        found = await self._current.session.execute(
            select(DUE, COVERED).where(DUE.id == id, DUE.group_order_id == order)
        )
        row = found.one_or_none()
        if row is None:
            raise DueNotFound
        due, covered = row
        return DueStanding(
            due=entity(due),
            covered=covered,
            overdue_at=due.overdue_at,
            reversed_at=due.reversed_at,
        )

    async def standing(
        self,
        order: GroupOrderId,
        *,
        of: AllocationId | None = None,
        ended_only: bool = False,
    ) -> Sequence[Due]:
        """Read a range of the order's index; what was passed on is settled when it is."""
        await self._current.transaction.flush()
        question = select(DUE).where(DUE.group_order_id == order, DUE.reversed_at.is_(None))
        if of is not None:
            question = question.where(DUE.allocation_id == of)
        if ended_only:
            ended = and_(
                ALLOCATION.id == DUE.allocation_id,
                ALLOCATION.ended_at.is_not(None),
                ALLOCATION.end_reason != PASSED_ON,
            )
            question = question.join(ALLOCATION, ended)
        found = await self._current.session.scalars(question.order_by(DUE.id))
        return [entity(row) for row in found]

    async def reverse(self, dues: Sequence[DueId], *, at: datetime) -> None:
        """Note when."""
        if dues:
            await self._current.session.execute(
                update(DUE)
                .where(DUE.id.in_(dues))
                .values(reversed_at=at)
                .execution_options(synchronize_session=False)
            )

    async def late_fee(self, order: GroupOrderId, member: MemberId) -> int | None:
        """Read the version of the rules that they have accepted."""
        accepted = and_(
            JOINER.group_order_id == RULES.group_order_id, JOINER.rules_version == RULES.version
        )
        return await self._current.session.scalar(
            select(RULES.late_fee)
            .join(JOINER, accepted)
            .where(JOINER.group_order_id == order, JOINER.member_id == member)
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
