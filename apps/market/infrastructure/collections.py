"""Collection jobs in SQL; one is held by a guarded UPDATE, until its lease is over."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from apps.market.application.collect import (
    MOST_ATTEMPTS,
    Collection,
    CollectionKind,
    Collections,
    CollectionState,
)
from apps.market.infrastructure.models import MarketDayModel
from apps.market.infrastructure.snapshot_models import CollectionJobModel
from apps.shared.domain.ids import Ids
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT

UNSEEN = {"synchronize_session": False}
JOB = CollectionJobModel
ALL_CARDS = "cards"
"""What snapshots are of."""


class SqlCollections(Collections):
    """Jobs by kind and day."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def plan(self, kind: CollectionKind, days: Sequence[date], *, at: datetime) -> int:
        """Insert what is not there; the unique index knows."""
        if not days:
            return 0
        session = self._current.session
        done = await session.execute(
            INSERT[session.get_bind().dialect.name](JOB).on_conflict_do_nothing(),
            [
                {
                    "id": self._ids.next(),
                    "kind": kind,
                    "scope": ALL_CARDS,
                    "day": day,
                    "state": CollectionState.READY,
                    "attempts": 0,
                    "planned_at": at,
                }
                for day in days
            ],
        )
        del done
        return len(days)

    async def missing(self, kind: CollectionKind, *, until: date, limit: int) -> Sequence[date]:
        """Compare the days since the first event with those that have one."""
        session = self._current.session
        first = await session.scalar(select(func.min(MarketDayModel.day)))
        if first is None or first > until:
            return []
        there = set(await session.scalars(select(JOB.day).where(JOB.kind == kind)))
        days = (first + timedelta(days=number) for number in range((until - first).days + 1))
        return [day for day in days if day not in there][:limit]

    async def take(self, *, at: datetime, lease: timedelta) -> Collection | None:
        """Lock it first, past those that others have locked."""
        session = self._current.session
        waits = or_(
            JOB.state == CollectionState.READY,
            (JOB.state == CollectionState.RUNNING) & (JOB.leased_until < at),
        )
        row = await session.scalar(
            select(JOB)
            .where(waits)
            .order_by(JOB.day, JOB.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        row.state, row.leased_until = CollectionState.RUNNING, at + lease
        row.attempts += 1
        return Collection(
            id=row.id,
            kind=row.kind,
            scope=row.scope,
            day=row.day,
            attempt=row.attempts,
            watermark=row.watermark,
        )

    async def finish(self, job: Collection, *, rows: int, watermark: int, at: datetime) -> None:
        """Change the row."""
        await self._change(
            job,
            state=CollectionState.DONE,
            leased_until=None,
            rows=rows,
            watermark=watermark,
            error=None,
            finished_at=at,
        )

    async def give_up(self, job: Collection, *, error: str, at: datetime) -> None:
        """Change it likewise."""
        last = job.attempt >= MOST_ATTEMPTS
        state = CollectionState.FAILED if last else CollectionState.READY
        await self._change(job, state=state, leased_until=None, error=error, finished_at=at)

    async def repeat(self, kind: CollectionKind, days: Sequence[date]) -> int:
        """Make them ready again; they keep their watermarks."""
        done = await self._current.session.execute(
            update(JOB)
            .where(JOB.kind == kind, JOB.day.in_(days), JOB.state != CollectionState.RUNNING)
            .values(state=CollectionState.READY, attempts=0),
            execution_options=UNSEEN,
        )
        return int(done.rowcount)  # type: ignore[attr-defined]

    async def _change(self, job: Collection, **values: Any) -> None:
        await self._current.session.execute(
            update(JOB)
            .where(JOB.id == job.id, JOB.attempts == job.attempt)  # or it is somebody else's now
            .values(values),
            execution_options=UNSEEN,
        )
