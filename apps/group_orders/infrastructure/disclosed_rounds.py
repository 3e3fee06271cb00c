"""What a member has claimed and got, and what they have said of how it goes, for their own eyes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_, select

from apps.group_orders.infrastructure.milestone_models import (
    MilestoneMoveModel,
    OrderMilestoneModel,
)
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
    OrderSlotModel,
)
from apps.shared.infrastructure.chapters import Chapter
from apps.shared.infrastructure.questions import Question

MEMBER: BindParameter[Any] = bindparam("member")
ORDER, ROUND, SLOT = GroupOrderModel, OrderRoundModel, OrderSlotModel
CLAIM, ALLOCATION = OrderClaimModel, OrderAllocationModel
MILESTONE, MOVE = OrderMilestoneModel, MilestoneMoveModel

OF_ROUNDS: Mapping[str, Chapter] = {
    "group_order_rounds": Chapter(
        Question(
            select(
                ROUND.id,
                ROUND.group_order_id,
                ROUND.number,
                ROUND.title,
                ROUND.policy,
                ROUND.state,
                ROUND.closes_at,
                ROUND.created_at,
            )
            .join(ORDER, ORDER.id == ROUND.group_order_id)
            .where(ORDER.organiser_id == MEMBER)
            .order_by(ROUND.id)
        )
    ),
    "group_order_claims": Chapter(
        Question(
            select(
                CLAIM.id,
                CLAIM.round_id,
                CLAIM.card_id,
                CLAIM.item,
                CLAIM.quantity,
                CLAIM.rank,
                CLAIM.granted,
                CLAIM.state,
                CLAIM.submitted_at,
                CLAIM.ended_at,
            )
            .where(CLAIM.member_id == MEMBER)
            .order_by(CLAIM.id)
        )
    ),
    "group_order_allocations": Chapter(
        Question(
            select(
                ALLOCATION.id,
                ALLOCATION.group_order_id,
                ALLOCATION.member_id,
                ALLOCATION.offered_to,
                SLOT.card_id,
                SLOT.item,
                ALLOCATION.copy_id,
                ALLOCATION.unit_price,
                ALLOCATION.allocated_at,
                ALLOCATION.shipped_at,
                ALLOCATION.confirmed_at,
                ALLOCATION.dispute_kind,
                ALLOCATION.dispute_text,
                ALLOCATION.disputed_at,
                ALLOCATION.decision,
                ALLOCATION.decision_reason,
                ALLOCATION.end_reason,
                ALLOCATION.ended_at,
            )
            .join(SLOT, SLOT.id == ALLOCATION.slot_id)
            .where(ALLOCATION.member_id == MEMBER)
            .order_by(ALLOCATION.id)
        ),
        members=("member_id", "offered_to"),
    ),
    "group_order_parcels_sent": Chapter(
        Question(
            select(
                ALLOCATION.group_order_id,
                ALLOCATION.member_id.label("to_member"),
                ALLOCATION.carrier,
                ALLOCATION.tracking_number,
                ALLOCATION.shipped_at,
            )
            .join(ORDER, ORDER.id == ALLOCATION.group_order_id)
            .where(
                ORDER.organiser_id == MEMBER,
                or_(ALLOCATION.carrier.is_not(None), ALLOCATION.tracking_number.is_not(None)),
            )
            .order_by(ALLOCATION.id)
        ),
        members=("to_member",),
    ),
    "group_order_milestones": Chapter(
        Question(
            select(
                MILESTONE.group_order_id,
                MILESTONE.kind,
                MILESTONE.planned_on,
                MILESTONE.done_at,
                MILESTONE.note,
                MILESTONE.proof_url,
            )
            .where(MILESTONE.done_by == MEMBER)
            .order_by(MILESTONE.id)
        )
    ),
    "group_order_milestones_moved": Chapter(
        Question(
            select(
                MILESTONE.group_order_id,
                MILESTONE.kind,
                MOVE.was_on,
                MOVE.planned_on,
                MOVE.reason,
                MOVE.moved_at,
            )
            .join(MILESTONE, MILESTONE.id == MOVE.milestone_id)
            .where(MOVE.moved_by == MEMBER)
            .order_by(MOVE.id)
        )
    ),
}
