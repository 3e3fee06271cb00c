"""Reminders as rows, which are claimed before anything is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Integer, Uuid, exists, literal, or_, select, union
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.application.remind_to_rate import OrderReminder, OrderReminders
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import RATEABLE
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.members import takes_part
from apps.shared.infrastructure.replies import INSERT

ORDER, ALLOCATION, RATING = GroupOrderModel, OrderAllocationModel, OrderRatingModel
SERVED = or_(
    ALLOCATION.end_reason.is_(None),
    ALLOCATION.end_reason.not_in([EndReason.WITHDRAWN, EndReason.TRANSFERRED]),
)
"""Something was allocated to them that they did not give up."""


class OrderRatingReminderModel(Model):
    """That a member was reminded on this day after the end of a group order."""

    __tablename__ = "order_rating_reminders"

    group_order_id: Mapped[GroupOrderId] = mapped_column(
        ForeignKey(GroupOrderModel.id), primary_key=True
    )
    member_id: Mapped[MemberId] = mapped_column(
        Uuid(),
        ForeignKey("users.id", name="fkx_order_rating_reminders_member_id"),
        primary_key=True,
    )
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class SqlOrderReminders(OrderReminders):
    """The primary key lets each reminder be claimed once, whoever else is at it."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def claim(
        self, day: int, *, until: int, at: datetime, limit: int
    ) -> Sequence[OrderReminder]:
        """Insert what falls due, and read whose orders those are."""
        session, row = self._current.session, OrderRatingReminderModel
        due = union(
            _due(ALLOCATION.member_id, ORDER.organiser_id, day, until, at),
            _due(ORDER.organiser_id, ALLOCATION.member_id, day, until, at),
        ).limit(limit)
        inserted = await session.execute(
            INSERT[session.get_bind().dialect.name](row)
            .from_select(["group_order_id", "member_id", "day"], due)
            .on_conflict_do_nothing()
            .returning(row.group_order_id, row.member_id)
        )
        claimed = inserted.all()
        orders = select(ORDER.id, ORDER.organiser_id).where(
            ORDER.id.in_([each.group_order_id for each in claimed])
        )
        organisers = {row.id: row.organiser_id for row in await session.execute(orders)}
        return [
            OrderReminder(
                order=order,
                member=member,
                organiser=None if organisers[order] == member else organisers[order],
            )
            for order, member in claimed
        ]


def _due(rater: Any, ratee: Any, day: int, until: int, at: datetime) -> Any:
    """Return who may rate whom of an order that ended so many days ago, and has not done so."""
    row = OrderRatingReminderModel
    return (
        select(ORDER.id, rater, literal(day, Integer))
        .join(ALLOCATION, ALLOCATION.group_order_id == ORDER.id)
        .where(
            ORDER.state.in_(RATEABLE),
            ORDER.ended_at <= at - timedelta(days=day),
            ORDER.ended_at > at - timedelta(days=until),
            ALLOCATION.member_id != ORDER.organiser_id,
            SERVED,
            takes_part(rater),
            ~exists().where(
                RATING.group_order_id == ORDER.id,
                RATING.rater_id == rater,
                RATING.ratee_id == ratee,
            ),
            ~exists().where(row.group_order_id == ORDER.id, row.member_id == rater, row.day == day),
        )
    )
