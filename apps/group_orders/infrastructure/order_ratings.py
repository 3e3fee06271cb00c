"""Ratings for group orders as rows, and found, kept and shown in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Text,
    Uuid,
    bindparam,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from apps.group_orders.application.show_order_ratings import ListOrderRatings, OrderRatingView
from apps.group_orders.application.show_orders import OrganiserView
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_rating import OrderRating, OrderRatingRepository
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.identity.contract import Directory
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository
from apps.trading.contract import (
    AlreadyRated,
    Opinion,
    RatingId,
    RatingNotFound,
    RatingTag,
    Removal,
    Reply,
)

Model.registry.update_type_annotation_map({RatingId: Uuid()})

REFUSALS |= {
    "uq_order_ratings_group_order_id": AlreadyRated,
    "order_ratings.group_order_id, order_ratings.rater_id, order_ratings.ratee_id": AlreadyRated,
}
SAME = (*("id", "rater_id", "ratee_id", "rated_at", "edited_at", "closes_at", "revealed_at"),)
"""What a rating and its row call alike."""


class OrderRatingModel(Model):
    """What a joiner said of the organiser, or the organiser of a joiner."""

    __tablename__ = "order_ratings"
    __table_args__ = (
        Index(
            "uq_order_ratings_group_order_id", "group_order_id", "rater_id", "ratee_id", unique=True
        ),
        Index("ix_order_ratings_ratee_id", "ratee_id", "id"),
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        CheckConstraint("rater_id <> ratee_id", name="two"),
        CheckConstraint("edited_at <= closes_at", name="edited_in_time"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_by IS NULL)", name="hidden"),
    )

    id: Mapped[RatingId] = mapped_column(primary_key=True)
    group_order_id: Mapped[GroupOrderId] = mapped_column(ForeignKey(GroupOrderModel.id))
    rater_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_ratings_rater_id")
    )
    ratee_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_ratings_ratee_id")
    )
    score: Mapped[int]
    tags: Mapped[Any] = mapped_column(JSON)
    comment: Mapped[str | None] = mapped_column(Text)
    rated_at: Mapped[datetime]
    edited_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None]
    hidden_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_order_ratings_hidden_by")
    )
    hidden_at: Mapped[datetime | None]
    hidden_because: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of(cls, rating: OrderRating, /) -> Self:
        """Copy a rating."""
        reply, removal = rating.reply, rating.removal
        said, hidden = {}, {}
        if reply:
            said = {"reply": reply.text, "replied_at": reply.at}
        if removal:
            hidden = {"hidden_by": removal.by, "hidden_at": removal.at}
            hidden |= {"hidden_because": removal.reason}
        return cls(
            group_order_id=rating.order,
            score=rating.opinion.score,
            tags=[tag.value for tag in rating.opinion.tags],
            comment=rating.opinion.comment,
            **said,
            **hidden,
            **{name: getattr(rating, name) for name in SAME},
        )

    def entity(self) -> OrderRating:
        """Rebuild it."""
        opinion = Opinion(
            score=self.score, tags=tuple(map(RatingTag, self.tags)), comment=self.comment
        )
        reply = removal = None
        if self.reply is not None and self.replied_at:
            reply = Reply(self.reply, self.replied_at)
        if self.hidden_by and self.hidden_at:
            removal = Removal(self.hidden_by, self.hidden_at, self.hidden_because or "")
        return OrderRating(
            order=self.group_order_id,
            opinion=opinion,
            reply=reply,
            removal=removal,
            **{name: getattr(self, name) for name in SAME},
        )


class SqlOrderRatingRepository(SqlRepository[OrderRating, RatingId], OrderRatingRepository):
    """Ratings by id, and by order and the two."""

    row = OrderRatingModel
    missing = RatingNotFound

    async def lock(self, id: RatingId) -> OrderRating:
        """Lock the row."""
        return await self._locked(id)

    async def between(
        self, member: MemberId, other: MemberId, *, on: GroupOrderId
    ) -> list[OrderRating]:
        """Lock those, in the order of ids: a reply or a removal comes past the order."""
        rating, pair = OrderRatingModel, (member, other)
        rows = await self._current.session.scalars(
            select(rating)
            .where(
                rating.group_order_id == on, rating.rater_id.in_(pair), rating.ratee_id.in_(pair)
            )
            .order_by(rating.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return [self._read(row) for row in rows]


RATING = OrderRatingModel
SHOWN: ColumnElement[bool] = or_(
    RATING.revealed_at.is_not(None), RATING.closes_at <= bindparam("at")
)
"""Both sides have rated, or the time for it is over (R3)."""
ROW = select(
    *(getattr(RATING, name) for name in SAME),
    *(RATING.score, RATING.tags, RATING.comment, RATING.reply, RATING.hidden_at),
)
ONE = Question(ROW.where(RATING.id == bindparam("id")))
OF_ORDER = Question(
    ROW.where(
        RATING.group_order_id == bindparam("order"),
        (RATING.rater_id == bindparam("to"))
        | SHOWN & RATING.ratee_id.in_(bindparam("seen", expanding=True))
        | SHOWN & RATING.rater_id.in_(bindparam("all", expanding=True)),
        RATING.id > bindparam("behind"),
    )
    .order_by(RATING.id)
    .limit(bindparam("limit"))
)


class SqlListOrderRatings(ListOrderRatings):
    """A range of one order's ratings; names are looked up all at once."""

    def __init__(
        self, reads: Reads, orders: OrderReads, directory: Directory, clock: Clock
    ) -> None:
        self._reads = reads
        self._orders = orders
        self._directory = directory
        self._clock = clock

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[OrderRatingView]:
        """Read those of the organiser, and of the reader; whoever sees all of it, all of them."""
        order, part = await self._orders.one(id, to=to)
        organiser = [order.organiser_id]
        page = await self._reads.oldest_first(
            OF_ORDER,
            after=after,
            limit=limit,
            order=id,
            to=to,
            seen=[*organiser, to],
            all=organiser if part.sees_all else [],
            at=self._clock.now(),
        )
        return Page(await self._views(page.items, to=to), page.next)

    async def one(self, id: RatingId, *, to: MemberId) -> OrderRatingView:
        """Read it by its id."""
        return (await self._views(await self._reads(ONE, id=id), to=to))[0]

    async def _views(self, rows: Sequence[Any], *, to: MemberId) -> list[OrderRatingView]:
        raters, now = {row.rater_id for row in rows}, self._clock.now()
        known = await self._directory.members(raters, to=to) if raters else {}
        return [
            OrderRatingView(
                id=row.id,
                rater=OrganiserView(id=row.rater_id, nickname=known[row.rater_id].nickname)
                if row.rater_id in known
                else None,
                ratee_id=row.ratee_id,
                score=row.score,
                tags=[] if row.hidden_at else [RatingTag(tag) for tag in row.tags],
                comment=None if row.hidden_at else row.comment,
                reply=None if row.hidden_at else row.reply,
                shown=row.revealed_at is not None or row.closes_at <= now,
                removed=row.hidden_at is not None,
                rated_at=row.rated_at,
                edited_at=row.edited_at,
                closes_at=row.closes_at,
            )
            for row in rows
        ]
