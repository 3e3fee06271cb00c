"""Jobs as operators see them: listed, tried anew, and forgotten in the end."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update

from apps.shared.application.jobs import (
    FORGOTTEN_AT_ONCE,
    KEPT_FOR,
    ForgetJobs,
    JobNotDead,
    JobNotFound,
    JobState,
    JobView,
    ListJobs,
    RetryJob,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.jobs import JobModel, milliseconds
from apps.shared.infrastructure.moments import NOW, FromNow
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

NEWEST = Question(
    select(
        JobModel.id,
        JobModel.kind,
        JobModel.key,
        JobModel.state,
        JobModel.attempts,
        JobModel.run_at,
        JobModel.leased_until,
        JobModel.last_error,
    )
    .where(JobModel.state.in_(bindparam("states", expanding=True)))
    .order_by(JobModel.id.desc())
    .limit(bindparam("limit"))
)


class SqlListJobs(ListJobs):
    """One SELECT."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, *, state: JobState | None, limit: int) -> Sequence[JobView]:
        """Ask by descending id."""
        states = [state] if state else [*JobState]
        rows = await self._reads(NEWEST, states=states, limit=limit)
        return [JobView(**row._asdict()) for row in rows]


class SqlRetryJob(RetryJob):
    """A unit of work of its own."""

    def __init__(self, work: UnitOfWork, current: Current) -> None:
        self._work = work
        self._current = current

    async def __call__(self, id: UUID) -> None:
        """Lock the row before looking at its state."""
        async with self._work:
            session = self._current.session
            state = await session.scalar(
                select(JobModel.state).where(JobModel.id == id).with_for_update()
            )
            if state is None:
                raise JobNotFound
            if state is not JobState.DEAD:
                raise JobNotDead
            await session.execute(
                update(JobModel)
                .where(JobModel.id == id)
                .values(state=JobState.READY, attempts=0, run_at=NOW, updated_at=NOW)
                .execution_options(synchronize_session=False)
            )


class SqlForgetJobs(ForgetJobs):
    """A unit of work of its own."""

    def __init__(self, work: UnitOfWork, current: Current) -> None:
        self._work = work
        self._current = current

    async def __call__(self) -> int:
        """Delete a batch of rows."""
        old = (
            select(JobModel.id)
            .where(
                JobModel.state == JobState.DONE,
                JobModel.updated_at < FromNow(-milliseconds(KEPT_FOR)),
            )
            .limit(FORGOTTEN_AT_ONCE)
        )
        gone = delete(JobModel).where(JobModel.id.in_(old)).returning(JobModel.id)
        async with self._work:
            found = await self._current.session.scalars(
                gone.execution_options(synchronize_session=False)
            )
            return len(found.all())
