"""What ties a member to group orders, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select, union

from apps.group_orders.application.ties import ClaimedThing, Ties
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import ENDED, LIVE
from apps.group_orders.domain.payment import RefundState
from apps.group_orders.domain.round_events import ClaimId
from apps.group_orders.domain.round_steps import ClaimState, EndReason, OrderRoundState
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderRefundModel
from apps.group_orders.infrastructure.payments import awaited
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
)
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.current import Current

ORDER, ROUND, CLAIM = GroupOrderModel, OrderRoundModel, OrderClaimModel
ALLOCATION, REFUND = OrderAllocationModel, OrderRefundModel


def theirs(member: MemberId, *columns: Any) -> Select[Any]:
    """Ask for live claims of a member in orders under way."""
    return (
        select(*columns)
        .select_from(CLAIM)
        .join(ROUND, ROUND.id == CLAIM.round_id)
        .join(ORDER, ORDER.id == ROUND.group_order_id)
        .where(CLAIM.member_id == member, CLAIM.ended_at.is_(None), ORDER.state.in_(LIVE))
    )


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
            awaited(member),
            select(REFUND.group_order_id).where(REFUND.member_id == member, promised),
            select(ORDER.id)
            .join(ALLOCATION, ALLOCATION.group_order_id == ORDER.id)
            .where(
                ALLOCATION.member_id == member,
                ALLOCATION.ended_at.is_(None),
                ALLOCATION.confirmed_at.is_(None),
                ORDER.state.in_(LIVE),
            ),
            theirs(member, ORDER.id).where(CLAIM.state == ClaimState.SUBMITTED, fixed),
        ]
        return sorted(await self._current.session.scalars(union(*tied)))

    async def claimed(self, member: MemberId) -> Sequence[ClaimedThing]:
        """Look into the index of claims by member."""
        claims = theirs(member, ORDER.id, CLAIM.card_id).distinct()
        rows = await self._current.session.execute(claims)
        return [ClaimedThing(row.id, row.card_id) for row in rows]

    async def revocable(self, member: MemberId) -> Sequence[ClaimId]:
        """Look there for those in open rounds, and for those that wait for something."""
        taking = and_(ROUND.state == OrderRoundState.OPEN, ROUND.closes_at > self._clock.now())
        waiting = CLAIM.state == ClaimState.WAITLISTED
        claims = theirs(member, CLAIM.id).where(or_(taking, waiting)).order_by(CLAIM.id)
        return (await self._current.session.scalars(claims)).all()

    async def served(self, order: GroupOrderId, member: MemberId) -> bool:
        """Look into the index of allocations by member."""
        given_up = ALLOCATION.end_reason.in_([EndReason.WITHDRAWN, EndReason.TRANSFERRED])
        kept = exists().where(
            ALLOCATION.member_id == member,
            ALLOCATION.group_order_id == order,
            or_(ALLOCATION.end_reason.is_(None), ~given_up),
        )
        return bool(await self._current.session.scalar(select(kept)))

    async def run(self, member: MemberId) -> Sequence[GroupOrderId]:
        """Look into the indexes of organisers and co-organisers."""
        mine = or_(ORDER.organiser_id == member, ORDER.co_organiser_id == member)
        running = select(ORDER.id).where(mine, ORDER.state.not_in(ENDED)).order_by(ORDER.id)
        return (await self._current.session.scalars(running)).all()
