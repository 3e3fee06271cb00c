"""Ratings as rows, and found and kept in SQL."""

from datetime import datetime
from typing import Self

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text, Uuid, select, text
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.repository import SqlRepository
from apps.trading.domain.rating import (
    AlreadyRated,
    Opinion,
    Rating,
    RatingId,
    RatingNotFound,
    RatingRepository,
    Removal,
    Reply,
    Tag,
)
from apps.trading.domain.terms import TradeId
from apps.trading.infrastructure.models import TradeModel

Model.registry.update_type_annotation_map({RatingId: Uuid(), list[str]: JSON()})

REFUSALS |= {
    "uq_ratings_trade_id": AlreadyRated,
    "ratings.trade_id, ratings.rater_id, ratings.ratee_id": AlreadyRated,
}

ENDED = text("state IN ('completed', 'resolved')")
Index("ix_trades_rateable", TradeModel.updated_at, postgresql_where=ENDED, sqlite_where=ENDED)


class RatingModel(Model):
    """What one party of a trade said of another."""

    __tablename__ = "ratings"
    __table_args__ = (
        Index("uq_ratings_trade_id", "trade_id", "rater_id", "ratee_id", unique=True),
        Index("ix_ratings_ratee_id", "ratee_id", "id"),
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        CheckConstraint("edited_at <= closes_at", name="edited_in_time"),
    )

    id: Mapped[RatingId] = mapped_column(primary_key=True)
    trade_id: Mapped[TradeId] = mapped_column(ForeignKey(TradeModel.id))
    rater_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_ratings_rater_id")
    )
    ratee_id: Mapped[MemberId] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_ratings_ratee_id")
    )
    score: Mapped[int]
    tags: Mapped[list[str]]
    comment: Mapped[str | None] = mapped_column(Text)
    rated_at: Mapped[datetime]
    edited_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None]
    hidden_by: Mapped[MemberId | None] = mapped_column(
        Uuid(), ForeignKey("users.id", name="fkx_ratings_hidden_by")
    )
    hidden_at: Mapped[datetime | None]
    hidden_because: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of(cls, rating: Rating, /) -> Self:
        """Copy a rating."""
        reply, removal = rating.reply, rating.removal
        return cls(
            id=rating.id,
            trade_id=rating.trade_id,
            rater_id=rating.rater_id,
            ratee_id=rating.ratee_id,
            score=rating.opinion.score,
            tags=[tag.value for tag in rating.opinion.tags],
            comment=rating.opinion.comment,
            rated_at=rating.rated_at,
            edited_at=rating.edited_at,
            closes_at=rating.closes_at,
            revealed_at=rating.revealed_at,
            reply=reply.text if reply else None,
            replied_at=reply.at if reply else None,
            hidden_by=removal.by if removal else None,
            hidden_at=removal.at if removal else None,
            hidden_because=removal.reason if removal else None,
        )

    def entity(self) -> Rating:
        """Rebuild it."""
        return Rating(
            id=self.id,
            trade_id=self.trade_id,
            rater_id=self.rater_id,
            ratee_id=self.ratee_id,
            opinion=Opinion(
                score=self.score, tags=tuple(map(Tag, self.tags)), comment=self.comment
            ),
            rated_at=self.rated_at,
            edited_at=self.edited_at,
            closes_at=self.closes_at,
            revealed_at=self.revealed_at,
            reply=self._reply(),
            removal=self._removal(),
        )

    def _reply(self) -> Reply | None:
        if self.reply is None or self.replied_at is None:
            return None
        return Reply(self.reply, self.replied_at)

    def _removal(self) -> Removal | None:
        if self.hidden_by is None or self.hidden_at is None:
            return None
        return Removal(self.hidden_by, self.hidden_at, self.hidden_because or "")


class SqlRatingRepository(SqlRepository[Rating, RatingId], RatingRepository):
    """Ratings by id, and by trade."""

    row = RatingModel
    missing = RatingNotFound

    async def lock(self, id: RatingId) -> Rating:
        """Lock the row."""
        return await self._locked(id)

    async def on(self, trade: TradeId) -> list[Rating]:
        """Lock those of a trade, in the order of ids: a reply or a removal comes past the trade."""
        rows = await self._current.session.scalars(
            select(RatingModel)
            .where(RatingModel.trade_id == trade)
            .order_by(RatingModel.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return [self._read(row) for row in rows]
