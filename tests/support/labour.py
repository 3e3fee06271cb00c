"""Workers with jobs of their own: what they did is a row in a table that only tests have."""

import asyncio
import logging
import multiprocessing
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from uuid import UUID

from dishka import Provider, Scope
from sqlalchemy import select, text

from apps.main import create_container
from apps.settings import Settings
from apps.shared.application.jobs import Duties, Job, Jobs, Leases, Pace, Recurring, Worker
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.jobs import JobModel, SqlLeases
from apps.shared.infrastructure.moments import NOW
from apps.shared.presentation.shift import work_until_told
from tests.support.site import Site, elsewhere

TABLE = "CREATE TABLE scratch_effects (job VARCHAR(36))"
STAMP = text("INSERT INTO scratch_effects (job) VALUES (:job)")
LONG_AGO = "'2020-01-01 00:00:00.000000'"
PATIENT = Pace(poll=timedelta(seconds=0.05))
AT_ONCE = Pace(poll=timedelta(seconds=0.05), first_pause=timedelta(0))


@dataclass
class Stamp:
    """Its effect and the end of the job are one transaction; it can be killed on both sides."""

    work: UnitOfWork
    jobs: Jobs
    current: Current

    async def __call__(self, job: Job) -> None:
        await asyncio.sleep(job.payload.get("nap", 0))
        async with self.work:
            await self.current.session.execute(STAMP, {"job": str(job.id)})
            await self.jobs.complete(job)
        await asyncio.sleep(job.payload.get("nap", 0))


@dataclass
class Chore:
    """Leaves it to the worker to complete the job."""

    work: UnitOfWork
    current: Current

    async def __call__(self, job: Job) -> None:
        async with self.work:
            await self.current.session.execute(STAMP, {"job": str(job.id)})


@dataclass
class Poison:
    """Fails at each attempt, and tells in detail."""

    attempts: list[UUID] = field(default_factory=list)
    kind: type[Exception] = ValueError

    async def __call__(self, job: Job) -> None:
        self.attempts.append(job.id)
        raise self.kind("postgresql://app:hunter2@db/kcs is away\nDETAIL: (ann@kcs.test)")


@dataclass
class Slow:
    """Takes its time, until it is let go."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, job: Job) -> None:
        del job
        self.begun.set()
        await self.go_on.wait()


@dataclass
class Round:
    """Recurs; returns one number after the other, and fails where there is none."""

    answers: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)

    async def __call__(self) -> int:
        self.calls.append(len(self.calls))
        return self.answers.pop(0)


HANDLERS: Mapping[str, type[Any]] = {
    "stamp": Stamp,
    "chore": Chore,
    "poison": Poison,
    "slow": Slow,
}
FULL = 100
HOURLY = Recurring(kind="round", every=timedelta(hours=1), use_case=Round, full=FULL)


class UnendingLeases(SqlLeases):
    """A lease that is over is not taken back: the protection taken off."""

    async def reclaim(self) -> list[UUID]:
        return []


def labour(
    pace: Pace = AT_ONCE,
    *,
    recurring: Iterable[Recurring] = (),
    leases: type[SqlLeases] = SqlLeases,
) -> Provider:
    """What replaces the duties of an installation."""
    provider = Provider(scope=Scope.APP)
    for kind in (Stamp, Chore):
        provider.provide(kind)
    for remembered in (Poison(), Slow(), Round()):
        provider.provide(returning(remembered), provides=type(remembered))
    duties = Duties(recurring=tuple(recurring), handlers=HANDLERS)
    provider.provide(lambda: duties, provides=Duties)
    provider.provide(lambda: pace, provides=Pace)
    provider.provide(leases, provides=Leases)
    return provider


def returning(service: Any) -> Callable[[], Any]:
    return lambda: service


async def enqueue(site: Site, kind: str, count: int = 1, **more: Any) -> None:
    async with await site.port(UnitOfWork):  # type: ignore[type-abstract]
        jobs = await site.port(Jobs)  # type: ignore[type-abstract]
        for _ in range(count):
            await jobs.enqueue(kind, **more)


async def work_once(site: Site) -> None:
    """Do what is due, as `kcs worker --once` does."""
    worker = await site.port(Worker)  # type: ignore[type-abstract]
    await asyncio.wait_for(worker.run(asyncio.Event(), once=True), 60)


async def hurry(site: Site) -> None:
    """Let the time pass that ready jobs wait for."""
    await site.run(f"UPDATE jobs SET run_at = {LONG_AGO} WHERE state = 'ready'")


async def lapse(site: Site) -> None:
    """Let the time of all leases pass."""
    await site.run(f"UPDATE jobs SET leased_until = {LONG_AGO} WHERE state = 'running'")


async def states(site: Site) -> Counter[str]:
    return Counter(str(each) for each in await site.ask(select(JobModel.state)))


async def effects(site: Site) -> Counter[str]:
    """How often each job has taken effect."""
    return Counter(await site.ask(select(text("job")).select_from(text("scratch_effects"))))


@asynccontextmanager
async def a_yard(url: str, keys: Path, pace: Pace = PATIENT, **more: Any) -> AsyncIterator[Site]:
    async with Site(url, keys, labour(pace, **more)) as site:
        await site.run(TABLE)
        yield site


@asynccontextmanager
async def at_work(site: Site) -> AsyncIterator[asyncio.Event]:
    """Have a worker work meanwhile; it is to stop by itself when it is told to."""
    stop = asyncio.Event()
    worker = await site.port(Worker)  # type: ignore[type-abstract]
    work = elsewhere(worker.run(stop))
    yield stop
    stop.set()
    await asyncio.wait_for(work, 60)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(90):
        while not await holds():  # noqa: ASYNC110, what it looks at is in a database
            await asyncio.sleep(0.02)


async def fields(site: Site, kind: str, name: str) -> list[Any]:
    return await site.ask(select(getattr(JobModel, name)).where(JobModel.kind == kind))


async def waits_for(site: Site, kind: str) -> float:
    """In how many seconds the one job of a kind is due."""
    due = select(JobModel.run_at).where(JobModel.kind == kind)
    (at,), (now,) = await site.ask(due), await site.ask(select(NOW))
    wait: timedelta = at - now
    return wait.total_seconds()


def toil(url: str, keys: Path, pace: Pace, leases: type[SqlLeases]) -> None:
    """Work in a process of its own until it is told to stop, or killed."""
    logging.disable()

    async def work() -> None:
        settings = Settings(database_url=url, data_dir=keys)
        container = create_container(settings, labour(pace, leases=leases))
        try:
            await work_until_told(await container.get(Worker), grace_s=20)
        finally:
            await container.close()

    asyncio.run(work())


def a_worker(
    url: str, keys: Path, pace: Pace, leases: type[SqlLeases] = SqlLeases
) -> ForkServerProcess:
    """Start one; a server that has imported everything makes it in no time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=toil, args=(url, keys, pace, leases), daemon=True)
    process.start()
    return process
