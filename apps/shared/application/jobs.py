"""Work that waits for a worker: enqueued with its cause, lent for a time, done at least once."""

from asyncio import Event
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from apps.shared.domain.errors import Conflict, NotFound

AT_ONCE = timedelta(0)

MAX_ATTEMPTS = 10
"""How often a job is begun before it is given up; with the usual pauses about half an hour."""


class JobState(StrEnum):
    """`ready` waits for its time, `dead` for an operator."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


class JobUnfinished(Conflict):
    """Another job of this kind and key is not finished yet."""


class JobNotFound(NotFound):
    """There is no such job."""


class JobNotDead(Conflict):
    """Only a job that was given up can be tried anew."""


class LeaseLost(RuntimeError):
    """The lease of this job was over, and somebody else has taken it."""


class Hopeless(Exception):
    """No further attempt will do: the job is given up at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it is lent to one worker; `fence` is greater with each lease.

    `attempts` counts this one. `max_attempts` is None for work that is never given up.
    """

    id: UUID
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    max_attempts: int | None
    fence: int


class Jobs(Protocol):
    """All are used inside a unit of work, and what changes is kept or undone with it."""

    async def enqueue(
        self,
        kind: str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        after: timedelta = AT_ONCE,
        max_attempts: int | None = MAX_ATTEMPTS,
    ) -> None:
        """Have it done later, `after` a time by the database's clock.

        Nothing happens where a job of this kind and key is ready or running. The payload is JSON.
        """
        ...

    async def complete(self, job: Job) -> None:
        """Count the job as done in the transaction of its effect; raise LeaseLost.

        So the effect is kept once only, and what the job was about is forgotten. Without this call
        the worker completes a job when its use case has returned, and may come to do it again if
        it is killed in between.
        """
        ...

    async def unfinished(self, kind: str) -> AbstractSet[str]:
        """Return the keys of the jobs of this kind that are ready or running."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a job behind an attempt; `after` a time it may be taken again."""

    state: JobState
    attempts: int
    after: timedelta = AT_ONCE
    error: str | None = None


class Leases(Protocol):
    """What workers ask of the table. Each is a transaction of its own; each may raise Busy."""

    async def due_in(self, kinds: Sequence[str]) -> timedelta | None:
        """Return how long nothing of these kinds is due, None for as long as nothing changes."""
        ...

    async def reclaim(self) -> Sequence[UUID]:
        """Make ready, or give up, what was lent to workers that let the lease run out.

        Return the ids of those that were given up.
        """
        ...

    async def take(
        self, kinds: Sequence[str], *, limit: int, lease: timedelta, recurring: bool = False
    ) -> Sequence[Job]:
        """Take what has been due longest, each to be held for the time of a lease."""
        ...

    async def renew(self, job: Job, *, lease: timedelta) -> bool:
        """Hold it longer, from now on; False where it is lent to somebody else by now."""
        ...

    async def settle(self, job: Job, outcome: Outcome) -> bool:
        """Write down what has become of it; False where it is not lent to this holder any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job as an operator sees it."""

    id: UUID
    kind: str
    key: str | None
    state: JobState
    attempts: int
    run_at: datetime
    leased_until: datetime | None
    last_error: str | None


class ListJobs(Protocol):
    """Jobs, newest first."""

    async def __call__(self, *, state: JobState | None, limit: int) -> Sequence[JobView]:
        """Return at most so many, of this state or of all."""
        ...


class RetryJob(Protocol):
    """Try a job anew that was given up."""

    async def __call__(self, id: UUID) -> None:
        """Make it due now, with all its attempts; raise JobNotFound, JobNotDead, JobUnfinished."""
        ...


KEPT_FOR = timedelta(days=7)
FORGOTTEN_AT_ONCE = 1_000


class ForgetJobs(Protocol):
    """Delete what was done a week ago; what was given up stays until somebody looks at it."""

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """A use case without arguments that every worker calls, and no two at once.

    It rests for `every` after each call. A call that returns `full` has left something to do, and
    is followed by the next at once.
    """

    kind: str
    every: timedelta
    use_case: type[Any]
    full: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What workers do: `handlers` are the use cases that are called with a Job, by its kind."""

    recurring: Sequence[Recurring]
    handlers: Mapping[str, type[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a worker goes about it."""

    slots: int = 4
    """Jobs at once, beside what recurs."""
    lease: timedelta = timedelta(seconds=60)
    """How long a job is lost to the others when its worker dies; renewed while it runs."""
    poll: timedelta = timedelta(seconds=1)
    """The longest time between two looks at what is due."""
    first_pause: timedelta = timedelta(seconds=2)
    """The pause behind the first failure; it doubles with each one."""
    longest_pause: timedelta = timedelta(minutes=10)


class Worker(Protocol):
    """Does what is due."""

    async def run(self, stop: Event, *, once: bool = False) -> None:
        """Work until told to stop, or until nothing is due, and finish what is begun.

        Cancelled, it breaks off what is begun and hands it back.
        """
        ...
