"""What a member has, had and looks for, for that member's eyes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import BindParameter, bindparam, or_, select

from apps.collection.infrastructure.models import (
    CopyHandoverModel,
    CopyModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.identity.contract import Disclosure
from apps.shared.infrastructure.chapters import Chapter, SqlChapters
from apps.shared.infrastructure.questions import Question

MEMBER: BindParameter[Any] = bindparam("member")
COPY, HANDOVER, WANT = CopyModel, CopyHandoverModel, WantGroupModel

CHAPTERS = {
    "copies": Chapter(
        Question(
            select(
                COPY.id,
                COPY.card_id,
                COPY.condition,
                COPY.state,
                COPY.for_trade,
                COPY.note,
                COPY.created_at,
                COPY.updated_at,
            )
            .where(COPY.owner_id == MEMBER)
            .order_by(COPY.id)
        )
    ),
    "copies_handed_over": Chapter(
        Question(
            select(
                HANDOVER.copy_id,
                COPY.card_id,
                HANDOVER.giver_id,
                HANDOVER.receiver_id,
                HANDOVER.agreement_id,
                HANDOVER.at,
            )
            .join(COPY, COPY.id == HANDOVER.copy_id)
            .where(or_(HANDOVER.giver_id == MEMBER, HANDOVER.receiver_id == MEMBER))
            .order_by(HANDOVER.id)
        ),
        members=("giver_id", "receiver_id"),
    ),
    "wants": Chapter(
        Question(
            select(
                WANT.id,
                WantedCardModel.card_id,
                WANT.count,
                WANT.rank,
                WANT.min_condition,
                WANT.created_at,
                WANT.updated_at,
            )
            .join(WantedCardModel, WantedCardModel.want_group_id == WANT.id)
            .where(WANT.member_id == MEMBER)
            .order_by(WANT.id, WantedCardModel.position)
        )
    ),
}


class DiscloseBinder(SqlChapters, Disclosure):
    """Copies, where they came from and went to, and a line for each card of a want group."""

    chapters: ClassVar[Mapping[str, Chapter]] = CHAPTERS
