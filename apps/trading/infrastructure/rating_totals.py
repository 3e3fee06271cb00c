"""The mean of the platform as one row, so that who asks reads no ratings but a member's own."""

from datetime import datetime

from sqlalchemy import String, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.replies import INSERT
from apps.trading.application.count_ratings import RatingTotals
from apps.trading.contract import PlatformMean
from apps.trading.infrastructure.rating_queries import SHOWN
from apps.trading.infrastructure.ratings import RatingModel

ALL = "shown"


class RatingTotalModel(Model):
    """How many ratings there are of one sort, and the sum of their scores."""

    __tablename__ = "rating_totals"

    sort: Mapped[str] = mapped_column(String(20), primary_key=True)
    ratings: Mapped[int]
    points: Mapped[int]
    counted_at: Mapped[datetime]


PLATFORM = Question(
    select(RatingTotalModel.ratings, RatingTotalModel.points).where(RatingTotalModel.sort == ALL)
)


class SqlPlatformMean(PlatformMean):
    """One row."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self) -> float | None:
        """Divide what was counted."""
        for row in await self._reads(PLATFORM):
            return row.points / row.ratings if row.ratings else None
        return None


class SqlRatingTotals(RatingTotals):
    """A scan of all ratings, at whatever pace the job has."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def count(self, *, at: datetime) -> None:
        """Count in the database, and write over what was counted before."""
        session = self._current.session
        points = func.coalesce(func.sum(RatingModel.score), 0)
        counts = (
            select(literal(ALL), func.count(), points, literal(at))
            .where(RatingModel.hidden_at.is_(None), SHOWN)
            .params(at=at)
        )
        names = ["ratings", "points", "counted_at"]
        insert = INSERT[session.get_bind().dialect.name](RatingTotalModel)
        await session.execute(
            insert.from_select(["sort", *names], counts).on_conflict_do_update(
                index_elements=["sort"],
                set_={name: insert.excluded[name] for name in names},
            )
        )
