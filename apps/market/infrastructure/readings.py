"""Readings beside each other, and what old ones have left."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Select, Table, Text, cast, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

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
from apps.shared.infrastructure.outbox import OutboxPositionModel

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
POSITION = OutboxPositionModel


class SqlComparison(Comparison):
    """One statement a table, all of them as of one moment."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self, one: Generation, other: Generation) -> Mapping[str, int] | None:
        """Count the rows that are not there twice."""
        readings = (one.id, other.id)
        async with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            of_both = POSITION.consumer.in_([one.reader, other.reader])
            reached = await connection.execute(
                select(POSITION.tx, POSITION.position).where(of_both)
            )
            rows = [tuple(row) for row in reached]
            if len(rows) != len(readings) or rows[0] != rows[1]:
                return None
            found = {
                table.name: (await connection.execute(unpaired(table, readings))).scalar_one()
                for table in TABLES
            }
        return {name: rows for name, rows in found.items() if rows}


def unpaired(table: Table, readings: tuple[int, int]) -> Select[int]:
    """Count what only one of two readings has; JSON as text, for it has no equality."""
    columns = [
        cast(column, Text) if isinstance(column.type, JSON) else column
        for column in table.columns
        if column.name != "generation"
    ]
    rows = select(*columns).where(table.c.generation.in_(readings)).group_by(*columns)
    return select(func.count()).select_from(rows.having(func.count() == 1).subquery())


class SqlOldReadings(OldReadings):
    """A range of a key at a time."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def forget(self, *, limit: int) -> int:
        """Go through the tables until so many rows are gone.

        Whoever reads one of these readings still holds its row, and it is left for later. One that
        gets old meanwhile is as well, or it would be forgotten with its rows left behind.
        """
        session, generation = self._current.session, MarketGenerationModel
        is_old = generation.state == GenerationState.OLD
        held = select(generation.id).where(is_old).with_for_update(skip_locked=True)
        old = (await session.scalars(held)).all()
        deleted = 0
        for table in TABLES if old else ():
            key = tuple_(*table.primary_key.columns)
            some = select(*table.primary_key.columns).where(table.c.generation.in_(old))
            done = await session.execute(delete(table).where(key.in_(some.limit(limit - deleted))))
            deleted += int(done.rowcount)  # type: ignore[attr-defined]
            if deleted >= limit:
                return deleted
        if old:
            await session.execute(delete(generation).where(generation.id.in_(old)))
        return deleted
