"""Who has not paid what is overdue: two questions about dues."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select

from apps.group_orders.application.round_ports import Debts
from apps.group_orders.domain.payment import PaymentState
from apps.group_orders.domain.round_events import AllocationId
from apps.group_orders.infrastructure.coverage import UNPAID
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderDueModel, OrderPaymentModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

ORDER, DUE, PAYMENT = GroupOrderModel, OrderDueModel, OrderPaymentModel
FORFEITED_AFTER = timedelta(hours=48)


class SqlDebts(Debts):
    """Dues that payments do not cover, neither confirmed nor reported."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def owes(self, member: MemberId, *, organiser: MemberId, at: datetime) -> bool:
        """Look through the member's dues."""
        in_theirs = select(ORDER.id).where(ORDER.organiser_id == organiser)
        return await self._any(
            DUE.member_id == member, DUE.group_order_id.in_(in_theirs), DUE.due_at <= at
        )

    async def forfeited(self, allocation: AllocationId, *, at: datetime) -> bool:
        """Look through the dues of the allocation.

        Who had reported a payment in time, and hears only now that it has not come, has as long.
        """
        since = at - FORFEITED_AFTER
        just_disputed = exists().where(
            PAYMENT.group_order_id == DUE.group_order_id,
            PAYMENT.member_id == DUE.member_id,
            PAYMENT.state == PaymentState.DISPUTED,
            PAYMENT.reported_at <= DUE.due_at,
            PAYMENT.answered_at > since,
        )
        return await self._any(DUE.allocation_id == allocation, DUE.due_at <= since, ~just_disputed)

    async def _any(self, *where: Any) -> bool:
        await self._current.transaction.flush()
        unpaid = select(DUE.id).where(*where, UNPAID).limit(1)
        return await self._current.session.scalar(unpaid) is not None
