"""What somebody who is erased has written into group orders."""

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.sql.dml import Delete, Update

from apps.group_orders.application.erase_part import ErasePart
from apps.group_orders.domain.order_steps import LIVE
from apps.group_orders.infrastructure.handovers import OrderHandoverModel
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.identity.contract import MemberErased, OpenOrders
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

UNSEEN = {"synchronize_session": False}


def erasing(member: MemberId) -> Iterator[Delete | Update]:
    """Yield a statement for each table that has words of a member."""
    orders, handovers, ratings = GroupOrderModel, OrderHandoverModel, OrderRatingModel
    yield (
        update(orders)
        .where(orders.organiser_id == member)
        .values(
            title="",
            description=None,
            seller_name=None,
            payment_details=None,
            end_reason=None,
            version=orders.version + 1,
        )
    )
    yield update(handovers).where(handovers.asked_by == member).values(reason=None)
    yield update(ratings).where(ratings.rater_id == member).values(comment=None)
    yield update(ratings).where(ratings.ratee_id == member).values(reply=None, replied_at=None)


class SqlErasePart(ErasePart):
    """A statement for each table, orders first."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, event: MemberErased) -> None:
        """Look first whether anything is still under way."""
        session, orders = self._current.session, GroupOrderModel
        live = select(orders.id).where(orders.organiser_id == event.member, orders.state.in_(LIVE))
        if under_way := (await session.scalars(live.order_by(orders.id))).all():
            raise OpenOrders(group_order_ids=under_way)
        for change in erasing(event.member):
            await session.execute(change, execution_options=UNSEEN)
