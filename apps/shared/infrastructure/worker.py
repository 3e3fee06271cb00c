"""The worker: takes what is due, calls its use case, and writes down what has become of it."""

import logging
import re
from asyncio import (
    FIRST_COMPLETED,
    CancelledError,
    Event,
    Task,
    TaskGroup,
    Timeout,
    create_task,
    get_running_loop,
    sleep,
    timeout,
    wait,
)
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import uniform
from time import perf_counter

from dishka import AsyncContainer
from opentelemetry.trace import Tracer

from apps.shared.application.jobs import (
    AT_ONCE,
    Duties,
    Hopeless,
    Job,
    Jobs,
    JobState,
    Leases,
    Outcome,
    Pace,
    Worker,
)
from apps.shared.application.meters import Meters
from apps.shared.application.readiness import Closing
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.clock import DatabaseClock
from apps.shared.infrastructure.jobs import RECURRENT
from apps.shared.infrastructure.tracing import spanning

LONGEST_S = 15 * 60
"""Seconds after which an attempt counts as failed."""

BREATH_S = 0.1
"""Seconds between two looks at what is due where somebody else is about to take it."""

LONGEST_REST = timedelta(minutes=1)
"""The longest pause behind a failure of work that recurs more often than that."""

PASSWORD, LONGEST_ERROR = re.compile(r"://[^\s/]*@"), 300

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crew:
    """What one worker has under way."""

    group: TaskGroup
    handling: set[Task[None]] = field(default_factory=set)
    recurring: set[Task[None]] = field(default_factory=set)
    enlisted: Event = field(default_factory=Event)

    @property
    def tasks(self) -> set[Task[None]]:
        """All of it."""
        return self.handling | self.recurring


class ContainerWorker(Worker):
    """Finds use cases in the container. Each job runs in a task of its own."""

    def __init__(
        self,
        container: AsyncContainer,
        leases: Leases,
        duties: Duties,
        pace: Pace,
        clock: DatabaseClock,
        closing: Closing,
        meters: Meters,
        tracer: Tracer,
    ) -> None:
        self._tracer = tracer
        self._meters = meters
        self._container = container
        self._leases = leases
        self._recurring = {each.kind: each for each in duties.recurring}
        self._handlers = dict(duties.handlers)
        self._pace = pace
        self._clock = clock
        self._closing = closing

    async def run(self, stop: Event, *, once: bool = False) -> None:
        """Go round until told to stop; leaving the group waits for what is begun."""
        told = create_task(stop.wait())
        try:
            async with TaskGroup() as group:
                crew = Crew(group)
                while not (stop.is_set() or self._closing):
                    rest = await (self._round(crew) if once else self._patient_round(crew))
                    if rest and once and not crew.tasks:
                        return
                    if rest:
                        await wait({told, *crew.tasks}, timeout=rest, return_when=FIRST_COMPLETED)
        except ExceptionGroup as failures:  # of a round, for jobs end well
            raise failures.exceptions[0] from None
        finally:
            told.cancel()

    async def _patient_round(self, crew: Crew) -> float:
        """Outlast a database that is away, and whatever else may come."""
        try:
            return await self._round(crew)
        except Busy as away:
            _log.warning("No work is taken: %s", away)
        except Exception:  # noqa: BLE001 - or a server would go on without its worker
            _log.exception("No work is taken")
        return self._pace.poll.total_seconds()

    async def _round(self, crew: Crew) -> float:
        """Begin what is due; return 0 where there was something, else how many seconds to rest."""
        if not crew.enlisted.is_set():
            await self._enlist()
            crew.enlisted.set()
        await self._clock.follow()
        rest = await self._leases.due_in([*self._recurring, *self._handlers])
        if rest != AT_ONCE:
            return min(rest or self._pace.poll, self._pace.poll).total_seconds()
        for each in await self._leases.reclaim():
            _log.error("Job %s is given up: its worker was lost each time", each)
        if await self._begin(crew):
            return 0
        full = len(crew.handling) >= self._pace.slots
        return self._pace.poll.total_seconds() if full else BREATH_S

    async def _begin(self, crew: Crew) -> bool:
        """Take what recurs, whatever else waits, and of the rest as much as there is room for."""
        lease, all_of_them = self._pace.lease, len(self._recurring)
        recurring = await self._leases.take(
            [*self._recurring], limit=all_of_them, lease=lease, recurring=True
        )
        self._assign(recurring, crew.recurring, crew.group)
        room = self._pace.slots - len(crew.handling)
        if not (room and self._handlers):
            return bool(recurring)
        handling = await self._leases.take([*self._handlers], limit=room, lease=lease)
        self._assign(handling, crew.handling, crew.group)
        return bool(recurring or handling)

    def _assign(self, jobs: Sequence[Job], to: set[Task[None]], group: TaskGroup) -> None:
        for job in jobs:
            task = group.create_task(self._attend(job))
            to.add(task)
            task.add_done_callback(to.discard)

    async def _enlist(self) -> None:
        """See to it that a row stands for all that recurs."""
        work = await self._container.get(UnitOfWork)
        jobs = await self._container.get(Jobs)
        async with work:
            for kind in self._recurring:
                await jobs.enqueue(kind, key=RECURRENT, max_attempts=None)

    async def _attend(self, job: Job) -> None:
        """Do the job while its lease is renewed, and settle it whatever happens."""
        began, ended = perf_counter(), "done"
        try:
            async with timeout(LONGEST_S) as limit:
                holding = create_task(self._hold(job, limit))
                try:
                    with spanning(self._tracer, f"job {job.kind}"):
                        await self._do(job)
                finally:
                    holding.cancel()
        except CancelledError:
            ended = "handed_back"
            await self._settle(job, Outcome(state=JobState.READY, attempts=job.attempts - 1))
            raise
        except Exception as fault:  # noqa: BLE001 - one job must not end the others
            outcome = self._failed(job, fault)
            ended = "dead" if outcome.state is JobState.DEAD else "failed"
            await self._settle(job, outcome)
        else:
            await self._settle(job, self._finished(job))
        finally:
            self._meters.ran(job.kind, ended, perf_counter() - began)

    async def _do(self, job: Job) -> None:
        recurring = self._recurring.get(job.kind)
        if recurring is None:
            handle = await self._container.get(self._handlers[job.kind])
            await handle(job)
            return
        call = await self._container.get(recurring.use_case)
        while await call() == recurring.full is not None and not self._closing:
            pass

    async def _hold(self, job: Job, limit: Timeout) -> None:
        """Renew the lease while the job is done; once it is lost, break the job off."""
        while True:
            await sleep(self._pace.lease.total_seconds() / 3)
            try:
                held = await self._leases.renew(job, lease=self._pace.lease)
            except Busy as away:
                _log.warning("The lease of %s %s is not renewed: %s", job.kind, job.id, away)
                continue
            if not held:
                _log.warning("The lease of %s %s is lost", job.kind, job.id)
                limit.reschedule(get_running_loop().time())
                return

    async def _settle(self, job: Job, outcome: Outcome) -> None:
        """Where that cannot be written down, the lease runs out and the job is done again."""
        try:
            await self._leases.settle(job, outcome)
        except Busy as away:
            _log.warning("What became of %s %s is not kept: %s", job.kind, job.id, away)
        except Exception:  # noqa: BLE001 - nor must its end
            _log.exception("What became of %s %s is not kept", job.kind, job.id)

    def _finished(self, job: Job) -> Outcome:
        recurring = self._recurring.get(job.kind)
        if recurring is None:
            return Outcome(state=JobState.DONE, attempts=job.attempts)
        return Outcome(state=JobState.READY, attempts=0, after=recurring.every)

    def _failed(self, job: Job, fault: Exception) -> Outcome:
        _log.warning(
            "%s %s failed at attempt %d%s",
            *(job.kind, job.id, job.attempts, f": {fault}" if isinstance(fault, Busy) else ""),
            exc_info=None if isinstance(fault, Busy) else fault,
        )
        error, pause = told_of(fault), self._pause(job.attempts)
        if recurring := self._recurring.get(job.kind):
            pause = max(recurring.every, min(pause, LONGEST_REST))
        elif isinstance(fault, Hopeless) or was_the_last(job):
            _log.error("%s %s is given up", job.kind, job.id)
            return Outcome(state=JobState.DEAD, attempts=job.attempts, error=error)
        return Outcome(state=JobState.READY, attempts=job.attempts, after=pause, error=error)

    def _pause(self, attempts: int) -> timedelta:
        """Double it with each failure; no two jobs that failed together come back together."""
        doubled = self._pace.first_pause * (1 << min(attempts - 1, 30))
        return min(doubled, self._pace.longest_pause) * uniform(0.5, 1)


def was_the_last(job: Job) -> bool:
    """Tell whether this attempt was the last one of those that are made."""
    return job.max_attempts is not None and job.attempts >= job.max_attempts


def told_of(fault: Exception) -> str:
    """Return class and first line of what went wrong, without passwords of URLs.

    What follows the first line are values of the row at fault, where a database writes it.
    """
    line = next(iter(str(fault).splitlines()), "")
    return PASSWORD.sub("://***@", f"{type(fault).__name__}: {line}")[:LONGEST_ERROR]
