"""Dues and payments whose time has come, claimed before anything is said of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from apps.group_orders.application.watch_deadlines import AHEAD, Deadlines, Notice, Stage
from apps.group_orders.domain.order_steps import LIVE, OrderState
from apps.group_orders.domain.payment import PaymentState
from apps.group_orders.infrastructure.coverage import COVERED, UNPAID
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderDueModel, OrderPaymentModel
from apps.shared.infrastructure.current import Current

ORDER, DUE, PAYMENT = GroupOrderModel, OrderDueModel, OrderPaymentModel
STAMPS: dict[Stage, Any] = {
    Stage.EARLY: DUE.reminded_early_at,
    Stage.LATE: DUE.reminded_late_at,
    Stage.OVERDUE: DUE.overdue_at,
}
NEXT = {Stage.EARLY: Stage.LATE, Stage.LATE: Stage.OVERDUE}
IN_USE = or_(*(ORDER.state == state for state in (*LIVE, OrderState.CLOSED)))
"""What is owed in a closed order can still be paid."""


class SqlDeadlines(Deadlines):
    """Stamps rows that nobody has stamped yet, whoever else is at it.

    What somebody else has locked is left for the next time: who holds some rows never waits for
    others, as a change of the order might do the other way round.
    """

    def __init__(self, current: Current) -> None:
        self._current = current

    async def claim(self, stage: Stage, *, at: datetime, limit: int) -> Sequence[Notice]:
        """Read the beginning of the index of deadlines."""
        due = [DUE.due_at <= at + AHEAD[stage], STAMPS[stage].is_(None), UNPAID, IN_USE]
        if stage in NEXT:
            due.append(DUE.due_at > at + AHEAD[NEXT[stage]])
        found = await self._current.session.scalars(
            select(DUE.id)
            .join(ORDER, ORDER.id == DUE.group_order_id)
            .where(*due)
            .order_by(DUE.due_at, DUE.id)
            .limit(limit)
            .with_for_update(of=DUE, skip_locked=True)
        )
        return await self._stamp(DUE, STAMPS[stage], found.all(), at, open=DUE.amount - COVERED)

    async def flag(self, *, at: datetime, limit: int) -> Sequence[Notice]:
        """Read the beginning of the index of answers that are due."""
        found = await self._current.session.scalars(
            select(PAYMENT.id)
            .where(
                PAYMENT.state == PaymentState.REPORTED,
                PAYMENT.flagged_at.is_(None),
                PAYMENT.answer_due_at <= at,
            )
            .order_by(PAYMENT.answer_due_at, PAYMENT.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        told = PAYMENT.amount
        return await self._stamp(PAYMENT, PAYMENT.flagged_at, found.all(), at, open=told)

    async def _stamp(
        self, row: Any, column: Any, ids: Sequence[UUID], at: datetime, *, open: Any
    ) -> Sequence[Notice]:
        if not ids:
            return []
        session = self._current.session
        stamped = await session.scalars(
            update(row)
            .where(row.id.in_(ids), column.is_(None))
            .values({column: at})
            .returning(row.id)
            .execution_options(synchronize_session=False)
        )
        told = await session.execute(
            select(
                row.group_order_id.label("order"),
                row.member_id.label("member"),
                ORDER.organiser_id.label("organiser"),
                open.label("amount"),
                ORDER.currency,
            )
            .join(ORDER, ORDER.id == row.group_order_id)
            .where(row.id.in_(stamped.all()))
            .order_by(row.id)
        )
        return [Notice(**found) for found in told.mappings()]
