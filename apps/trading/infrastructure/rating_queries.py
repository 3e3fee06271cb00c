"""Questions about ratings."""

from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select

from apps.identity.contract import Directory, UserNotFound
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.trading.application.show_ratings import (
    ListRatingsOfMember,
    ListRatingsOfTrade,
    RaterView,
    RatingView,
    TradeRatingView,
)
from apps.trading.domain.rating import RatingId, Tag
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.queries import TradeReads
from apps.trading.infrastructure.ratings import RatingModel

SHOWN: ColumnElement[bool] = or_(
    RatingModel.revealed_at.is_not(None), RatingModel.closes_at <= bindparam("at")
)
"""Both sides have rated, or the time for it is over (R3)."""

RATING = select(
    RatingModel.id,
    RatingModel.rater_id,
    RatingModel.ratee_id,
    RatingModel.score,
    RatingModel.tags,
    RatingModel.comment,
    RatingModel.reply,
    RatingModel.rated_at,
    RatingModel.edited_at,
    RatingModel.closes_at,
    RatingModel.revealed_at,
    RatingModel.hidden_at,
)
ONE = Question(RATING.where(RatingModel.id == bindparam("id")))
OF_TRADE = Question(
    RATING.where(
        RatingModel.trade_id == bindparam("trade"),
        (RatingModel.rater_id == bindparam("to")) | SHOWN,
        RatingModel.id > bindparam("behind"),
    )
    .order_by(RatingModel.id)
    .limit(bindparam("limit"))
)
OF_MEMBER = Question(
    RATING.where(
        RatingModel.ratee_id == bindparam("member"),
        RatingModel.hidden_at.is_(None),
        SHOWN,
        RatingModel.id < bindparam("before"),
    )
    .order_by(RatingModel.id.desc())
    .limit(bindparam("limit"))
)


class SqlListRatingsOfTrade(ListRatingsOfTrade):
    """A range of one trade's ratings."""

    def __init__(self, reads: Reads, trades: TradeReads, clock: Clock) -> None:
        self._reads = reads
        self._trades = trades
        self._clock = clock

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[TradeRatingView]:
        """Hide them from strangers."""
        await self._trades.ensure_party(id, to)
        page = await self._reads.oldest_first(
            OF_TRADE, after=after, limit=limit, trade=id, to=to, at=self._clock.now()
        )
        return Page([self._view(row) for row in page.items], page.next)

    async def one(self, id: RatingId) -> TradeRatingView:
        """Read it by its id."""
        return self._view((await self._reads(ONE, id=id))[0])

    def _view(self, row: Any) -> TradeRatingView:
        removed = row.hidden_at is not None
        return TradeRatingView(
            id=row.id,
            rater_id=row.rater_id,
            ratee_id=row.ratee_id,
            score=row.score,
            tags=[] if removed else [Tag(tag) for tag in row.tags],
            comment=None if removed else row.comment,
            reply=None if removed else row.reply,
            shown=row.revealed_at is not None or row.closes_at <= self._clock.now(),
            removed=removed,
            rated_at=row.rated_at,
            edited_at=row.edited_at,
            closes_at=row.closes_at,
        )


class SqlListRatingsOfMember(ListRatingsOfMember):
    """A range of one ratee's ratings; names are looked up all at once."""

    def __init__(self, reads: Reads, directory: Directory, clock: Clock) -> None:
        self._reads = reads
        self._directory = directory
        self._clock = clock

    async def __call__(
        self, member: MemberId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[RatingView]:
        """Name nobody who is hidden from the reader, or from the one who was rated."""
        page = await self._reads.newest_first(
            OF_MEMBER, after=after, limit=limit, member=member, at=self._clock.now()
        )
        asked = {member, *(row.rater_id for row in page.items)}
        known = await self._directory.members(asked, to=to)
        if member not in known:
            raise UserNotFound
        parted = await self._directory.hidden_from(member)
        ratings = [
            RatingView(
                id=row.id,
                rater=RaterView(id=row.rater_id, nickname=known[row.rater_id].nickname)
                if row.rater_id in known.keys() - parted
                else None,
                score=row.score,
                tags=[Tag(tag) for tag in row.tags],
                comment=row.comment,
                reply=row.reply,
                rated_at=row.rated_at,
            )
            for row in page.items
        ]
        return Page(ratings, page.next)
