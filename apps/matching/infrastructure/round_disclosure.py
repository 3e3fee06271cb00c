"""What a member has to do with matching rounds, for that member's eyes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import BindParameter, bindparam, select

from apps.identity.contract import Disclosure
from apps.matching.infrastructure.round_models import (
    MatchingEntryModel,
    MatchingRingMemberModel,
    MatchingRingModel,
    MatchingRoundModel,
)
from apps.shared.infrastructure.chapters import Chapter, SqlChapters
from apps.shared.infrastructure.questions import Question

MEMBER: BindParameter[Any] = bindparam("member")
ROUND, ENTRY = MatchingRoundModel, MatchingEntryModel
RING, PART = MatchingRingModel, MatchingRingMemberModel

CHAPTERS = {
    "matching_rounds": Chapter(
        Question(
            select(
                ROUND.id,
                ROUND.title,
                ROUND.region,
                ROUND.max_length,
                ROUND.state,
                ROUND.closes_at,
                ROUND.created_at,
            )
            .where(ROUND.opener_id == MEMBER)
            .order_by(ROUND.id)
        )
    ),
    "matching_entries": Chapter(
        Question(
            select(ENTRY.round_id, ENTRY.copy_ids, ENTRY.want_group_ids, ENTRY.joined_at)
            .where(ENTRY.member_id == MEMBER)
            .order_by(ENTRY.round_id)
        )
    ),
    "matching_rings": Chapter(
        Question(
            select(RING.id, RING.state, RING.reason, RING.trade_id, PART.consented)
            .join(PART, PART.ring_id == RING.id)
            .where(PART.member_id == MEMBER)
            .order_by(RING.id)
        )
    ),
}


class DiscloseRounds(SqlChapters, Disclosure):
    """Rounds that they have opened, and those that they have joined, with what came of it."""

    chapters: ClassVar[Mapping[str, Chapter]] = CHAPTERS
