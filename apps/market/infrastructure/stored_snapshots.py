"""Snapshots by month, in SQL."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, text

from apps.market.application.archive_snapshots import Row, StoredSnapshots
from apps.market.application.collect import CollectionKind, CollectionState
from apps.market.infrastructure.snapshot_models import CardSnapshotModel, CollectionJobModel
from apps.shared.infrastructure.current import Current

JOB = CollectionJobModel
SNAPSHOT = CardSnapshotModel.metadata.tables[CardSnapshotModel.__tablename__]

TABLES = """
    SELECT part.relname FROM pg_inherits i JOIN pg_class part ON part.oid = i.inhrelid
    JOIN pg_class whole ON whole.oid = i.inhparent
    WHERE whole.oid = to_regclass(:whole) AND part.relname ~ '_[0-9]{4}_[0-9]{2}$'
"""


class SqlStoredSnapshots(StoredSnapshots):
    """On PostgreSQL a month is a table of its own, which is dropped once it is empty."""

    columns = tuple(SNAPSHOT.columns.keys())

    def __init__(self, current: Current) -> None:
        self._current = current

    async def months(self, before: date) -> Sequence[date]:
        """Ask for the days, which the key begins with."""
        days = await self._current.session.scalars(
            select(SNAPSHOT.c.day).where(SNAPSHOT.c.day < before.replace(day=1)).distinct()
        )
        return sorted({day.replace(day=1) for day in days})

    async def emptied(self, before: date) -> Sequence[date]:
        """Compare the names of the tables with the days."""
        if not self._postgresql:
            return []
        names = await self._current.session.scalars(text(TABLES), {"whole": SNAPSHOT.name})
        there = {date.fromisoformat(f"{name[-7:].replace('_', '-')}-01") for name in names}
        filled = await self.months(before)
        return sorted({month for month in there if month < before.replace(day=1)} - {*filled})

    async def is_complete(self, month: date) -> bool:
        """Lock the jobs of its days, as whoever takes one down does; wait for nobody at work."""
        states = select(JOB.state).where(
            JOB.kind == CollectionKind.SNAPSHOT, within(month, JOB.day)
        )
        for asked in (states, states.order_by(JOB.day).with_for_update()):
            if {*await self._current.session.scalars(asked)} - {CollectionState.DONE}:
                return False
        return True

    async def hold(self, month: date) -> Sequence[Row]:
        """Lock the rows; SQLite has one writer anyway."""
        rows = await self._current.session.execute(
            select(*SNAPSHOT.columns)
            .where(within(month))
            .order_by(*SNAPSHOT.primary_key.columns)
            .with_for_update()
        )
        return rows.all()

    async def remove(self, month: date) -> int:
        """Delete them in one statement."""
        done = await self._current.session.execute(delete(SNAPSHOT).where(within(month)))
        return int(done.rowcount)  # type: ignore[attr-defined]

    async def drop(self, month: date) -> None:
        """Let the owner's function do it, which waits for readers no longer than any statement.

        They lock the table before its months; whoever did so the other way round might wait for
        them while they wait for it.
        """
        if self._postgresql:
            await self._current.session.execute(text(f"LOCK TABLE ONLY {SNAPSHOT.name}"))
            await self._current.session.execute(select(func.drop_card_snapshots_month(month)))

    async def prepare(self, month: date) -> None:
        """Likewise."""
        if self._postgresql:
            await self._current.session.execute(select(func.make_card_snapshots_month(month)))

    async def put(self, rows: Iterable[Row]) -> None:
        """Insert them at once."""
        told = [dict(zip(self.columns, row, strict=True)) for row in rows]
        await self._current.session.execute(insert(SNAPSHOT), told)

    @property
    def _postgresql(self) -> bool:
        return self._current.session.get_bind().dialect.name == "postgresql"


def within(month: date, day: Any = SNAPSHOT.c.day) -> ColumnElement[bool]:
    """Return the condition that a day is of this month."""
    following = (month + timedelta(days=31)).replace(day=1)
    return and_(day >= month, day < following)
