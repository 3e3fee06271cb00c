"""Jobs as rows. Whoever takes one writes the end of its lease and the next fence into it."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Index,
    String,
    bindparam,
    case,
    func,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from apps.shared.application.jobs import (
    AT_ONCE,
    MAX_ATTEMPTS,
    Job,
    Jobs,
    JobState,
    JobUnfinished,
    LeaseLost,
    Leases,
    Outcome,
)
from apps.shared.domain.ids import Ids
from apps.shared.infrastructure.changes import Change, Changes
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import REFUSALS, Model
from apps.shared.infrastructure.moments import NOW, FromNow
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

RECURRENT = "recurring"
"""The key of work that recurs."""

UNFINISHED = text("state IN ('ready', 'running')")
READY = text("state = 'ready'")
RUNNING = text("state = 'running'")
"""Written out, or no database would know that a partial index serves."""

CROWD = 100
"""Leases that ran out, as many as are looked after at once."""


class JobModel(Model):
    """A job in any state. The text of an error is what operators see of it."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "uq_jobs_unfinished",
            "kind",
            "key",
            unique=True,
            postgresql_where=UNFINISHED,
            sqlite_where=UNFINISHED,
        ),
        Index("ix_jobs_run_at", "run_at", postgresql_where=READY, sqlite_where=READY),
        Index(
            "ix_jobs_leased_until", "leased_until", postgresql_where=RUNNING, sqlite_where=RUNNING
        ),
        CheckConstraint("(state = 'running') = (leased_until IS NOT NULL)", name="leased"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str | None] = mapped_column(String(120))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[JobState]
    run_at: Mapped[datetime]
    attempts: Mapped[int]
    max_attempts: Mapped[int | None]
    leased_until: Mapped[datetime | None]
    fence: Mapped[int]
    last_error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


REFUSALS.update(dict.fromkeys(("uq_jobs_unfinished", "jobs.kind, jobs.key"), JobUnfinished))

WAIT, KINDS = (
    bindparam("wait", type_=BigInteger),
    JobModel.kind.in_(bindparam("kinds", expanding=True)),
)
HELD = (JobModel.id == bindparam("job"), JobModel.fence == bindparam("held"), RUNNING)
IN_VAIN = JobModel.attempts >= JobModel.max_attempts

DUE_IN = Question(
    select(
        select(func.min(JobModel.run_at)).where(READY, KINDS).scalar_subquery().label("ready"),
        select(func.min(JobModel.leased_until)).where(RUNNING).scalar_subquery().label("lapsed"),
        NOW.label("now"),
    )
)

LAPSED = (
    select(JobModel.id)
    .where(RUNNING, JobModel.leased_until <= NOW)
    .limit(CROWD)
    .with_for_update(skip_locked=True)
    .cte("lapsed")
)
RECLAIM = Change(
    update(JobModel)
    .where(JobModel.id.in_(select(LAPSED.c.id)))
    .values(
        state=case((IN_VAIN, "dead"), else_="ready"),
        last_error=case((IN_VAIN, "Its worker was lost."), else_=JobModel.last_error),
        leased_until=null(),
        updated_at=NOW,
    )
    .returning(JobModel.id, JobModel.state)
)


def taking(*only: Any) -> Change:
    """Return what takes jobs; rows that somebody else is about to take are passed over."""
    due = (
        select(JobModel.id)
        .where(READY, JobModel.run_at <= NOW, KINDS, *only)
        .order_by(JobModel.run_at)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    return Change(
        update(JobModel)
        .where(JobModel.id.in_(select(due.c.id)))
        .values(
            state=JobState.RUNNING,
            attempts=JobModel.attempts + 1,
            fence=JobModel.fence + 1,
            leased_until=FromNow(WAIT),
            updated_at=NOW,
        )
        .returning(
            JobModel.id,
            JobModel.kind,
            JobModel.payload,
            JobModel.attempts,
            JobModel.max_attempts,
            JobModel.fence,
        )
    )


TAKE = taking(JobModel.key.is_distinct_from(RECURRENT))
TAKE_RECURRENT = taking(JobModel.key == RECURRENT, UNFINISHED)

RENEW = Change(
    update(JobModel)
    .where(*HELD)
    .values(leased_until=FromNow(WAIT), updated_at=NOW)
    .returning(JobModel.id)
)
SETTLE = Change(
    update(JobModel)
    .where(*HELD)
    .values(
        state=bindparam("becomes"),
        run_at=FromNow(WAIT),
        attempts=bindparam("begun"),
        last_error=bindparam("error"),
        leased_until=null(),
        updated_at=NOW,
    )
    .returning(JobModel.id)
)


class SqlJobs(Jobs):
    """Rows of the open unit of work."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def enqueue(
        self,
        kind: str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        after: timedelta = AT_ONCE,
        max_attempts: int | None = MAX_ATTEMPTS,
    ) -> None:
        """Insert it unless the index finds one of its kind and key."""
        session = self._current.session
        new = INSERT[session.get_bind().dialect.name](JobModel).values(
            id=self._ids.next(),
            kind=kind,
            key=key,
            payload=dict(payload or {}),
            state=JobState.READY,
            run_at=FromNow(milliseconds(after)),
            attempts=0,
            max_attempts=max_attempts,
            fence=0,
            created_at=NOW,
            updated_at=NOW,
        )
        await session.execute(new.on_conflict_do_nothing())

    async def complete(self, job: Job) -> None:
        """Compare the fence, which nobody else can raise until this transaction is over."""
        done = await self._current.session.scalar(
            update(JobModel)
            .where(JobModel.id == job.id, JobModel.fence == job.fence)
            .values(
                state=JobState.DONE,
                payload={},
                leased_until=None,
                last_error=None,
                updated_at=NOW,
            )
            .returning(JobModel.id)
            .execution_options(synchronize_session=False)
        )
        if done is None:
            raise LeaseLost

    async def unfinished(self, kind: str) -> AbstractSet[str]:
        """Read a range of the index of unfinished jobs."""
        found = await self._current.session.scalars(
            select(JobModel.key).where(JobModel.kind == kind, JobModel.key.is_not(None), UNFINISHED)
        )
        return {key for key in found if key is not None}


class SqlLeases(Leases):
    """One statement each."""

    def __init__(self, reads: Reads, changes: Changes) -> None:
        self._reads = reads
        self._changes = changes

    async def due_in(self, kinds: Sequence[str]) -> timedelta | None:
        """Read the heads of two indexes."""
        (row,) = await self._reads(DUE_IN, kinds=kinds)
        return min(
            (max(at - row.now, AT_ONCE) for at in (row.ready, row.lapsed) if at is not None),
            default=None,
        )

    async def reclaim(self) -> Sequence[UUID]:
        """Leave the fence as it is: until it is taken, the former holder may still complete it."""
        return [row.id for row in await self._changes(RECLAIM) if row.state is JobState.DEAD]

    async def take(
        self, kinds: Sequence[str], *, limit: int, lease: timedelta, recurring: bool = False
    ) -> Sequence[Job]:
        """Lock, write and return in one statement."""
        change = TAKE_RECURRENT if recurring else TAKE
        rows = await self._changes(change, kinds=kinds, limit=limit, wait=milliseconds(lease))
        return [Job(**row._asdict()) for row in rows]

    async def renew(self, job: Job, *, lease: timedelta) -> bool:
        """Guarded by the fence."""
        wait = milliseconds(lease)
        return bool(await self._changes(RENEW, job=job.id, held=job.fence, wait=wait))

    async def settle(self, job: Job, outcome: Outcome) -> bool:
        """Guarded by the fence."""
        rows = await self._changes(
            SETTLE,
            job=job.id,
            held=job.fence,
            becomes=outcome.state,
            begun=outcome.attempts,
            wait=milliseconds(outcome.after),
            error=outcome.error,
        )
        return bool(rows)


def milliseconds(time: timedelta) -> int:
    """Return it as a whole number."""
    return time // timedelta(milliseconds=1)
