"""What the dues of an order rest on, found in SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from apps.group_orders.application.money import Charges, DueLeft, DueStanding
from apps.group_orders.domain.bill import (
    TIME_TO_PAY,
    BillId,
    Charged,
    Due,
    DueId,
    DueKind,
    DueNotFound,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.infrastructure.bills import BILL, DUE, STANDING, entity
from apps.group_orders.infrastructure.coverage import COVERED
from apps.group_orders.infrastructure.models import OrderJoinerModel, OrderRulesModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

ALLOCATION, RULES, JOINER = OrderAllocationModel, OrderRulesModel, OrderJoinerModel
NEXT, BETWEEN = aliased(ALLOCATION), aliased(ALLOCATION)


class SqlCharges(Charges):
    """One statement each."""

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

    async def ended(self, order: GroupOrderId) -> Sequence[Due]:
        """Read a range of the order's index; what was passed on is settled when it is."""
        await self._current.transaction.flush()
        ended = and_(
            ALLOCATION.id == DUE.allocation_id,
            ALLOCATION.ended_at.is_not(None),
            ALLOCATION.end_reason != EndReason.TRANSFERRED,
        )
        theirs = STANDING.where(DUE.group_order_id == order).join(ALLOCATION, ended)
        return [entity(row) for row in await self._current.session.scalars(theirs)]

    async def deadlines(self, bills: Collection[BillId]) -> Mapping[BillId, datetime]:
        """Read them by their keys."""
        found = await self._current.session.execute(
            select(BILL.id, BILL.due_at).where(BILL.id.in_(bills))
        )
        return {row.id: row.due_at for row in found}

    async def left_to(
        self, allocations: Collection[AllocationId], *, at: datetime
    ) -> Sequence[DueLeft]:
        """Read the dues of the allocations of the same slots that were the last ones before."""
        await self._current.transaction.flush()
        between = exists().where(
            BETWEEN.slot_id == NEXT.slot_id,
            BETWEEN.id > ALLOCATION.id,
            BETWEEN.id < NEXT.id,
        )
        rows = await self._current.session.execute(
            select(DUE, NEXT.id, NEXT.member_id)
            .join(ALLOCATION, ALLOCATION.id == DUE.allocation_id)
            .join(NEXT, and_(NEXT.slot_id == ALLOCATION.slot_id, NEXT.id > ALLOCATION.id))
            .where(
                NEXT.id.in_(allocations),
                ALLOCATION.end_reason != EndReason.TRANSFERRED,
                DUE.reversed_at >= ALLOCATION.ended_at,
                DUE.kind != DueKind.LATE_FEE,
                ~between,
            )
            .order_by(DUE.id)
        )
        return [
            DueLeft(
                due=entity(due),
                due_at=max(due.due_at, at + TIME_TO_PAY),
                successor=successor,
                receiver=receiver,
            )
            for due, successor, receiver in rows
        ]

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
