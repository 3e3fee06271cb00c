"""Making card_market anew: a refresh beside its readers, or a transaction that they do not see."""

from datetime import date, datetime

from sqlalchemy import func, select, text

from apps.market.application.generations import GenerationState
from apps.market.application.refresh_market import CardMarket, Extent
from apps.market.infrastructure.card_market import NOW, CardMarketModel, MarketRefreshModel
from apps.market.infrastructure.models import MarketDayModel, MarketGenerationModel
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT

DAY, GENERATION, REFRESH = MarketDayModel, MarketGenerationModel, MarketRefreshModel
THE_ONE = 1
COLUMNS = ", ".join(column.name for column in CardMarketModel.__table__.columns)
REMAKE = {
    "postgresql": ["SELECT refresh_card_market()"],
    "sqlite": ["DELETE FROM card_market", f"INSERT INTO card_market ({COLUMNS}) {NOW}"],
}


class SqlCardMarket(CardMarket):
    """One row of when, beside the rows of what."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def extent(self, recent: date) -> Extent | None:
        """Ask the live reading."""
        since = (
            select(func.min(DAY.first_event))
            .where(DAY.generation == GENERATION.id, DAY.day >= recent)
            .scalar_subquery()
        )
        found = await self._current.session.execute(
            select(GENERATION.events, func.coalesce(since, GENERATION.events + 1)).where(
                GENERATION.state == GenerationState.LIVE
            )
        )
        row = found.one_or_none()
        return row and Extent(watermark=row[0], since_event=row[1])

    async def refreshed(self) -> Extent | None:
        """Read the row."""
        found = await self._current.session.execute(
            select(REFRESH.watermark, REFRESH.since_event).where(REFRESH.id == THE_ONE)
        )
        row = found.one_or_none()
        return row and Extent(watermark=row.watermark, since_event=row.since_event)

    async def note(self, extent: Extent, *, at: datetime) -> None:
        """Write it, or write over it."""
        session = self._current.session
        told = {
            "watermark": extent.watermark,
            "since_event": extent.since_event,
            "refreshed_at": at,
        }
        new = INSERT[session.get_bind().dialect.name](REFRESH).values(id=THE_ONE, **told)
        await session.execute(new.on_conflict_do_update(index_elements=["id"], set_=told))

    async def make(self) -> None:
        """Send what the database at hand takes for it."""
        session = self._current.session
        for statement in REMAKE[session.get_bind().dialect.name]:
            await session.execute(text(statement))
