"""Readings beside each other, and what old ones have left."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Table, Text, cast, delete, func, select, tuple_

from apps.market.application.generations import Generation, GenerationState
from apps.market.application.rebuild_market import Comparison, OldReadings
from apps.market.infrastructure.models import (
    MarketCopyModel,
    MarketDayModel,
    MarketDealModel,
    MarketGenerationModel,
    MarketLevelModel,
    MarketMergeModel,
    MarketMoveModel,
    MarketSwapModel,
    MarketWantModel,
)
from apps.shared.infrastructure.current import Current

READ: tuple[Any, ...] = (
    MarketCopyModel,
    MarketWantModel,
    MarketMoveModel,
    MarketDealModel,
    MarketSwapModel,
    MarketLevelModel,
    MarketMergeModel,
    MarketDayModel,
)
"""What a reading consists of."""
TABLES: tuple[Table, ...] = tuple(model.__table__ for model in READ)


class SqlComparison(Comparison):
    """Two statements a table."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, one: Generation, other: Generation) -> Mapping[str, int]:
        """Count what is left of each when the other is taken away."""
        found = {}
        for table in TABLES:
            sides = [of_it(table, each.id) for each in (one, other)]
            only = [
                await self._current.session.scalar(
                    select(func.count()).select_from(side.except_(than).subquery())
                )
                for side, than in (sides, reversed(sides))
            ]
            if any(only):
                found[table.name] = sum(count or 0 for count in only)
        return found


def of_it(table: Table, generation: int) -> Any:
    """Select the rows of a reading without its number, and JSON as text: it has no equality."""
    columns = [
        cast(column, Text) if isinstance(column.type, JSON) else column
        for column in table.columns
        if column.name != "generation"
    ]
    return select(*columns).where(table.c.generation == generation)


class SqlOldReadings(OldReadings):
    """A range of a key at a time."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def forget(self, *, limit: int) -> int:
        """Go through the tables until so many rows are gone."""
        session, generation = self._current.session, MarketGenerationModel
        old = select(generation.id).where(generation.state == GenerationState.OLD)
        deleted = 0
        for table in TABLES:
            key = tuple_(*table.primary_key.columns)
            some = select(*table.primary_key.columns).where(table.c.generation.in_(old))
            done = await session.execute(delete(table).where(key.in_(some.limit(limit - deleted))))
            deleted += int(done.rowcount)  # type: ignore[attr-defined]
            if deleted >= limit:
                return deleted
        await session.execute(delete(generation).where(generation.state == GenerationState.OLD))
        return deleted
