"""What a member has organised and joined, for that member's eyes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import BindParameter, bindparam, case, or_, select

from apps.group_orders.infrastructure.disclosed_money import OF_MONEY
from apps.group_orders.infrastructure.disclosed_rounds import OF_ROUNDS
from apps.group_orders.infrastructure.handovers import OrderHandoverModel, OrderHandoverVoteModel
from apps.group_orders.infrastructure.models import (
    GroupOrderModel,
    OrderJoinerModel,
    OrderRulesModel,
)
from apps.group_orders.infrastructure.order_ratings import OrderRatingModel
from apps.identity.contract import Disclosure
from apps.shared.infrastructure.chapters import Chapter, SqlChapters
from apps.shared.infrastructure.questions import Question

MEMBER: BindParameter[Any] = bindparam("member")
ORDER, RULES, JOINER = GroupOrderModel, OrderRulesModel, OrderJoinerModel
HANDOVER, VOTE, RATING = OrderHandoverModel, OrderHandoverVoteModel, OrderRatingModel
WORDS = (ORDER.title, ORDER.description, ORDER.seller_name, ORDER.payment_details, ORDER.end_reason)
"""Of an order, for who organises it; who helps with it has not written them."""

OF_PEOPLE = {
    "group_orders": Chapter(
        Question(
            select(
                ORDER.id,
                ORDER.organiser_id,
                ORDER.co_organiser_id,
                *(case((ORDER.organiser_id == MEMBER, each)).label(each.key) for each in WORDS),
                ORDER.group_id,
                ORDER.release_id,
                ORDER.currency,
                ORDER.state,
                ORDER.stalled_at,
                ORDER.opened_at,
                ORDER.ended_at,
                ORDER.created_at,
            )
            .where(or_(ORDER.organiser_id == MEMBER, ORDER.co_organiser_id == MEMBER))
            .order_by(ORDER.id)
        ),
        members=("organiser_id", "co_organiser_id"),
    ),
    "group_order_rules": Chapter(
        Question(
            select(
                RULES.group_order_id, RULES.version, RULES.text, RULES.late_fee, RULES.published_at
            )
            .join(ORDER, ORDER.id == RULES.group_order_id)
            .where(ORDER.organiser_id == MEMBER)
            .order_by(RULES.group_order_id, RULES.version)
        )
    ),
    "group_orders_joined": Chapter(
        Question(
            select(JOINER.group_order_id, JOINER.rules_version, JOINER.reference, JOINER.joined_at)
            .where(JOINER.member_id == MEMBER)
            .order_by(JOINER.group_order_id)
        )
    ),
    "group_order_handovers": Chapter(
        Question(
            select(
                HANDOVER.group_order_id,
                HANDOVER.giver_id,
                HANDOVER.receiver_id,
                HANDOVER.asked_by,
                case((HANDOVER.asked_by == MEMBER, HANDOVER.reason)).label("reason"),
                HANDOVER.asked_at,
                HANDOVER.accepted_at,
                HANDOVER.outcome,
            )
            .where(or_(HANDOVER.giver_id == MEMBER, HANDOVER.receiver_id == MEMBER))
            .order_by(HANDOVER.id)
        ),
        members=("giver_id", "receiver_id", "asked_by"),
    ),
    "group_order_handovers_agreed": Chapter(
        Question(
            select(HANDOVER.group_order_id, VOTE.agreed_at)
            .join(HANDOVER, HANDOVER.id == VOTE.handover_id)
            .where(VOTE.member_id == MEMBER)
            .order_by(HANDOVER.id)
        )
    ),
    "group_order_ratings_given": Chapter(
        Question(
            select(
                RATING.group_order_id,
                RATING.ratee_id,
                RATING.score,
                RATING.tags,
                RATING.comment,
                RATING.rated_at,
                RATING.edited_at,
            )
            .where(RATING.rater_id == MEMBER)
            .order_by(RATING.id)
        ),
        members=("ratee_id",),
    ),
    "group_order_ratings_received": Chapter(
        Question(
            select(
                RATING.group_order_id,
                RATING.rater_id,
                RATING.score,
                RATING.tags,
                RATING.revealed_at,
                RATING.reply,
                RATING.replied_at,
            )
            .where(RATING.ratee_id == MEMBER, RATING.revealed_at.is_not(None))
            .order_by(RATING.id)
        ),
        members=("rater_id",),
    ),
}


CHAPTERS: Mapping[str, Chapter] = {**OF_PEOPLE, **OF_ROUNDS, **OF_MONEY}


class DiscloseGroupOrders(SqlChapters, Disclosure):
    """Orders that they run and have joined, with what became of it, and what it cost."""

    chapters: ClassVar[Mapping[str, Chapter]] = CHAPTERS
