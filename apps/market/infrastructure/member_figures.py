"""Figures of a member: one SELECT over what the live reading knows of them."""

from typing import Any

from sqlalchemy import Uuid, and_, bindparam, case, distinct, func, select, union_all

from apps.market.application.generations import LIVE_READER, GenerationState
from apps.market.application.show_statistics import MemberFigures, MemberFiguresView
from apps.market.infrastructure.models import (
    MarketCopyModel,
    MarketGenerationModel,
    MarketMoveModel,
    MarketWantModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.outbox import OutboxPositionModel
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

COPY, WANT, MOVE = MarketCopyModel, MarketWantModel, MarketMoveModel
GENERATION, POSITION = MarketGenerationModel, OutboxPositionModel
LIVE = select(GENERATION.id).where(GENERATION.state == GenerationState.LIVE).scalar_subquery()
ME = bindparam("me", type_=Uuid())

HELD = (
    select(
        func.count().label("copies"),
        func.count(distinct(COPY.card_id)).label("cards"),
        func.count().filter(COPY.listed).label("listed"),
        func.count().filter(COPY.listed, COPY.agreement_id.is_(None)).label("free"),
        func.count(COPY.agreement_id).label("promised"),
    )
    .where(COPY.owner_id == ME, COPY.generation == LIVE, COPY.until_event.is_(None))
    .cte("held")
)
OPEN = (WANT.member_id == ME, WANT.generation == LIVE, WANT.until_event.is_(None))
GROUPS = select(func.max(WANT.slots).label("slots")).where(*OPEN).group_by(WANT.group_id).subquery()
"""Any of the cards of a group fills one of its slots."""
WANTED = select(
    select(func.count(distinct(WANT.card_id))).where(*OPEN).scalar_subquery().label("wanted"),
    select(func.coalesce(func.sum(GROUPS.c.slots), 0)).scalar_subquery().label("slots"),
).cte("wishes")
MOVED = union_all(
    *(
        select(
            MOVE.completed, MOVE.agreement_id, MOVE.author_id, MOVE.giver_id, MOVE.receiver_id
        ).where(side == ME, MOVE.generation == LIVE)
        for side in (MOVE.giver_id, MOVE.receiver_id)
    )
).cte("moved")


def agreements(*of_it: Any) -> Any:
    """Count agreements, however many cards each of them is over."""
    return func.count(distinct(case((and_(*of_it), MOVED.c.agreement_id))))


OTHER = case((MOVED.c.giver_id == ME, MOVED.c.receiver_id), else_=MOVED.c.giver_id)
OTHERS = MOVED.c.author_id.is_distinct_from(ME)
DONE = (
    select(
        agreements(~MOVED.c.completed, MOVED.c.author_id == ME).label("proposed"),
        agreements(~MOVED.c.completed, OTHERS).label("received"),
        agreements(MOVED.c.completed).label("swaps"),
        func.count().filter(MOVED.c.completed, MOVED.c.giver_id == ME).label("given"),
        func.count().filter(MOVED.c.completed, MOVED.c.receiver_id == ME).label("taken"),
        func.count(distinct(case((MOVED.c.completed, OTHER)))).label("partners"),
    )
).cte("done")
FIGURES = Question(
    select(
        *(column for figures in (HELD, WANTED, DONE) for column in figures.c),
        select(POSITION.updated_at)
        .where(POSITION.consumer == LIVE_READER)
        .scalar_subquery()
        .label("read_at"),
    )
)


class SqlMemberFigures(MemberFigures):
    """Ranges of the indexes by owner, member, giver and receiver."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, me: MemberId) -> MemberFiguresView:
        """Count in the database."""
        (row,) = await self._reads(FIGURES, me=me)
        return MemberFiguresView(**row._asdict())
