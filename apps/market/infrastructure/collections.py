"""Collection jobs in SQL; one is held by a guarded UPDATE, until its lease is over."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from apps.market.application.collect import (
    MOST_ATTEMPTS,
    Collection,
    CollectionKind,
    Collections,
    CollectionState,
    CollectionView,
    Window,
    may_begin,
)
from apps.market.infrastructure.models import MarketDayModel
from apps.market.infrastructure.snapshot_models import CollectionJobModel
from apps.shared.application.jobs import LeaseLost
from apps.shared.domain.ids import Ids
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT

UNSEEN = {"synchronize_session": False}
JOB = CollectionJobModel
ALL_CARDS = "cards"
"""What is collected of."""
LOOKED_AT = 500
"""Jobs among which one that can be done is looked for."""
LONGEST_ERROR = 500


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
        await session.execute(
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
        await session.execute(
            update(JOB)
            .where(self._is_left(at), JOB.attempts >= MOST_ATTEMPTS)
            .values(state=CollectionState.FAILED, leased_until=None),
            execution_options=UNSEEN,
        )
        waits = or_(JOB.state == CollectionState.READY, self._is_left(at))
        found = await session.execute(
            select(JOB.id, JOB.kind, JOB.day)
            .where(waits)
            .order_by(JOB.day, JOB.kind.desc())
            .limit(LOOKED_AT)
        )
        candidates = found.all()
        undone = await self._undone() if candidates else frozenset()
        for each in candidates:
            if may_begin(each.kind, each.day, undone=undone):
                row = await session.scalar(
                    select(JOB).where(JOB.id == each.id, waits).with_for_update(skip_locked=True)
                )
                if row is not None:
                    row.state, row.leased_until = CollectionState.RUNNING, at + lease
                    row.attempts += 1
                    return collection(row, until=at + lease)
        return None

    async def _undone(self) -> frozenset[date]:
        is_undone = (JOB.kind == CollectionKind.SNAPSHOT) & (JOB.state != CollectionState.DONE)
        return frozenset(await self._current.session.scalars(select(JOB.day).where(is_undone)))

    def _is_left(self, at: datetime) -> ColumnElement[bool]:
        return (JOB.state == CollectionState.RUNNING) & (JOB.leased_until < at)

    async def settle(self, job: Collection, window: Window) -> None:
        """Change the row."""
        await self._change(job, behind_event=window.behind, watermark=window.watermark)

    async def postpone(self, job: Collection) -> None:
        """Change it likewise."""
        attempts = job.attempt - 1
        ready = CollectionState.READY
        await self._change(job, state=ready, leased_until=None, attempts=attempts)

    async def hold(self, job: Collection) -> None:
        """Lock the row: while this goes on, nobody takes it, whatever its lease says."""
        held = select(JOB.id).where(*self._of(job)).with_for_update()
        if await self._current.session.scalar(held) is None:
            raise LeaseLost

    async def finish(self, job: Collection, *, rows: int, at: datetime) -> None:
        """Change the row."""
        await self._change(
            job,
            state=CollectionState.DONE,
            leased_until=None,
            rows=rows,
            error=None,
            finished_at=at,
        )

    async def give_up(self, job: Collection, *, error: str, at: datetime) -> None:
        """Change it, if it is not somebody else's now."""
        last = job.attempt >= MOST_ATTEMPTS
        state = CollectionState.FAILED if last else CollectionState.READY
        told = error[:LONGEST_ERROR]
        _ = await self._changed(job, state=state, leased_until=None, error=told, finished_at=at)

    async def repeat(self, since: date, until: date, states: AbstractSet[CollectionState]) -> int:
        """Make them ready again; they keep their windows."""
        done = await self._current.session.execute(
            update(JOB)
            .where(JOB.day.between(since, until), JOB.state.in_(states))
            .values(state=CollectionState.READY, attempts=0),
            execution_options=UNSEEN,
        )
        return int(done.rowcount)  # type: ignore[attr-defined]

    async def listed(self, since: date, until: date) -> Sequence[CollectionView]:
        """Read them."""
        names = ("kind", "day", "state", "attempts", "rows", "watermark", "error")
        rows = await self._current.session.execute(
            select(*(getattr(JOB, name) for name in names))
            .where(JOB.day.between(since, until))
            .order_by(JOB.day, JOB.kind.desc())
        )
        return [CollectionView(**row._asdict()) for row in rows]

    async def _change(self, job: Collection, **values: Any) -> None:
        if not await self._changed(job, **values):
            raise LeaseLost

    async def _changed(self, job: Collection, **values: Any) -> int:
        done = await self._current.session.execute(
            update(JOB).where(*self._of(job)).values(values), execution_options=UNSEEN
        )
        return int(done.rowcount)  # type: ignore[attr-defined]

    def _of(self, job: Collection) -> Sequence[ColumnElement[bool]]:
        """Return what is true of it while it is this holder's: who takes it has another lease."""
        return (
            JOB.id == job.id,
            JOB.attempts == job.attempt,
            JOB.leased_until == job.leased_until,
            JOB.state == CollectionState.RUNNING,
        )


def collection(row: CollectionJobModel, *, until: datetime) -> Collection:
    """Return the job of a row, held until then."""
    window = (
        None
        if row.behind_event is None or row.watermark is None
        else Window(behind=row.behind_event, watermark=row.watermark)
    )
    return Collection(
        id=row.id,
        kind=row.kind,
        scope=row.scope,
        day=row.day,
        attempt=row.attempts,
        leased_until=until,
        window=window,
    )
