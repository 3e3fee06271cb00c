"""What somebody who is erased has written into group orders."""

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.sql.dml import Update

from apps.group_orders.application.erase_part import ErasePart
from apps.group_orders.application.ties import Ties
from apps.group_orders.infrastructure.handovers import OrderHandoverModel
from apps.group_orders.infrastructure.milestone_models import OrderMilestoneModel
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import (
    OrderBillModel,
    OrderPaymentModel,
    OrderRefundModel,
)
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel, OrderRoundModel
from apps.identity.contract import MemberErased, OpenOrders
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

ERASED = "erased"
"""Stands for what may not be missing: that a parcel was tracked."""
UNSEEN = {"synchronize_session": False}


def erasing(member: MemberId) -> Iterator[Update]:
    """Yield a statement for each table that has words of a member, orders first."""
    orders, rounds, allocations = GroupOrderModel, OrderRoundModel, OrderAllocationModel
    payments, refunds, ratings = OrderPaymentModel, OrderRefundModel, OrderRatingModel
    milestones, bills, handovers = OrderMilestoneModel, OrderBillModel, OrderHandoverModel
    organised = select(orders.id).where(orders.organiser_id == member)
    blank = {"description": None, "seller_name": None, "payment_details": None, "end_reason": None}
    yield (
        update(orders)
        .where(orders.organiser_id == member)
        .values(title="", version=orders.version + 1, **blank)
    )
    yield (
        update(rounds)
        .where(rounds.group_order_id.in_(organised))
        .values(title="", version=rounds.version + 1)
    )
    for text in (allocations.carrier, allocations.tracking_number):
        sent = allocations.group_order_id.in_(organised), text.is_not(None)
        yield update(allocations).where(*sent).values({text: ERASED})
    yield update(allocations).where(allocations.member_id == member).values(dispute_text=None)
    yield (
        update(milestones)
        .where(milestones.done_by == member)
        .values(note=None, proof_url=None, version=milestones.version + 1)
    )
    yield update(bills).where(bills.issued_by == member).values(note=None)
    yield (
        update(payments)
        .where(payments.member_id == member)
        .values(method="", reference=None, picture_url=None)
    )
    yield update(payments).where(payments.group_order_id.in_(organised)).values(reason=None)
    yield update(refunds).where(refunds.promised_by == member).values(reason="")
    yield update(handovers).where(handovers.asked_by == member).values(reason=None)
    yield update(ratings).where(ratings.rater_id == member).values(comment=None)
    yield update(ratings).where(ratings.ratee_id == member).values(reply=None, replied_at=None)


class SqlErasePart(ErasePart):
    """A statement or two for each table."""

    def __init__(self, current: Current, ties: Ties) -> None:
        self._current = current
        self._ties = ties

    async def __call__(self, event: MemberErased) -> None:
        """Look first whether anything is still under way."""
        if under_way := await self._ties.binding(event.member):
            raise OpenOrders(group_order_ids=under_way)
        for change in erasing(event.member):
            await self._current.session.execute(change, execution_options=UNSEEN)
