"""What ties a member to group orders, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, or_, select, union

from apps.group_orders.application.ties import Ties
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import ENDED, LIVE
from apps.group_orders.domain.payment import RefundState
from apps.group_orders.domain.round_steps import ClaimState, OrderRoundState
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderRefundModel
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
)
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.current import Current

ORDER, ROUND, CLAIM = GroupOrderModel, OrderRoundModel, OrderClaimModel
ALLOCATION, REFUND = OrderAllocationModel, OrderRefundModel


class SqlTies(Ties):
    """One statement each."""

    def __init__(self, current: Current, clock: Clock) -> None:
        self._current = current
        self._clock = clock

    async def binding(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Look into the indexes of organisers, allocations, claims and refunds by member."""
        promised = REFUND.state == RefundState.PROMISED
        fixed = or_(
            ROUND.state == OrderRoundState.CLOSED,
            and_(ROUND.state == OrderRoundState.OPEN, ROUND.closes_at <= self._clock.now()),
        )
        tied: list[Select[Any]] = [
            select(ORDER.id).where(ORDER.organiser_id == member, ORDER.state.in_(LIVE)),
            select(ORDER.id)
            .join(REFUND, and_(REFUND.group_order_id == ORDER.id, promised))
            .where(ORDER.organiser_id == member),
            select(REFUND.group_order_id).where(REFUND.member_id == member, promised),
            select(ORDER.id)
            .join(ALLOCATION, ALLOCATION.group_order_id == ORDER.id)
            .where(
                ALLOCATION.member_id == member,
                ALLOCATION.ended_at.is_(None),
                ALLOCATION.confirmed_at.is_(None),
                ORDER.state.in_(LIVE),
            ),
            select(ORDER.id)
            .join(ROUND, ROUND.group_order_id == ORDER.id)
            .join(CLAIM, CLAIM.round_id == ROUND.id)
            .where(CLAIM.member_id == member, CLAIM.state == ClaimState.SUBMITTED, fixed)
            .where(ORDER.state.in_(LIVE)),
        ]
        return sorted(await self._current.session.scalars(union(*tied)))

    async def claimed(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Look into the index of claims by member."""
        claimed = (
            select(ORDER.id)
            .join(ROUND, ROUND.group_order_id == ORDER.id)
            .join(CLAIM, CLAIM.round_id == ROUND.id)
            .where(CLAIM.member_id == member, CLAIM.ended_at.is_(None), ORDER.state.in_(LIVE))
            .distinct()
        )
        return (await self._current.session.scalars(claimed.order_by(ORDER.id))).all()

    async def run(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Look into the indexes of organisers and co-organisers."""
        theirs = or_(ORDER.organiser_id == member, ORDER.co_organiser_id == member)
        running = select(ORDER.id).where(theirs, ORDER.state.not_in(ENDED)).order_by(ORDER.id)
        return (await self._current.session.scalars(running)).all()
