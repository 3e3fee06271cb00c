"""Workers in processes of their own, one of which is killed at random again and again."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from random import Random
from time import monotonic

from sqlalchemy import func, select

from apps.shared.application.jobs import JobState, Pace
from apps.shared.infrastructure.jobs import JobModel, SqlLeases
from apps.shared.infrastructure.moments import NOW
from tests.support.labour import a_worker, effects, enqueue, states
from tests.support.site import Site

LOOK = 0.25
"""Seconds between two looks at the jobs."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """So many jobs, done by so many workers, one of which is killed so often (seconds)."""

    jobs: int
    workers: int
    kill_every: float
    pace: Pace
    nap: float = 0
    """Seconds that a job takes before its effect, and behind it."""
    patience: float = 180
    """Seconds within which all has to be done."""
    leases: type[SqlLeases] = SqlLeases


@dataclass(frozen=True, kw_only=True)
class Account:
    """What is left when nothing is done any more."""

    states: Counter[str]
    effects: Counter[int]
    """How many jobs have taken effect how often."""
    leased_again: int
    kills: int
    longest_overdue: timedelta
    """For how long the lease of a dead worker was over when its job was still not taken back."""
    seconds: float


async def stand(trial: Trial, site: Site, *, seed: int) -> Account:
    """Let them work until all is done, or their time is over."""
    await fill(site, trial)
    workers = [start(trial, site) for _ in range(trial.workers)]
    chance = Random(seed)
    kills, overdue = 0, timedelta(0)
    try:
        await until_at_work(site)
        begun = monotonic()
        next_kill = begun + trial.kill_every
        while monotonic() - begun < trial.patience:
            await asyncio.sleep(LOOK)
            overdue = max(overdue, await longest_overdue(site))
            if (await states(site))["done"] == trial.jobs:
                break
            if monotonic() > next_kill:
                kill(workers.pop(chance.randrange(len(workers))))
                workers.append(start(trial, site))
                kills, next_kill = kills + 1, monotonic() + trial.kill_every
        seconds = monotonic() - begun
    finally:
        for worker in workers:
            kill(worker)
    again = await site.ask(select(func.count()).where(JobModel.fence > 1))
    return Account(
        states=await states(site),
        effects=Counter((await effects(site)).values()),
        leased_again=again[0],
        kills=kills,
        longest_overdue=overdue,
        seconds=seconds,
    )


async def until_at_work(site: Site) -> None:
    """Wait for the first job to be taken: on a busy machine a process is long in coming."""
    async with asyncio.timeout(120):
        while not (await states(site))["running"]:  # noqa: ASYNC110, it is in a database
            await asyncio.sleep(LOOK)


async def fill(site: Site, trial: Trial) -> None:
    """Enqueue all jobs, some hundreds in each transaction."""
    left = trial.jobs
    while left:
        batch = min(left, 500)
        await enqueue(site, "stamp", batch, payload={"nap": trial.nap})
        left -= batch


def start(trial: Trial, site: Site) -> ForkServerProcess:
    settings = site.settings
    return a_worker(settings.database_url, settings.data_dir, trial.pace, trial.leases)


def kill(worker: ForkServerProcess) -> None:
    """End it with SIGKILL, whatever it is at."""
    worker.kill()
    worker.join()


async def longest_overdue(site: Site) -> timedelta:
    """For how long the oldest lease has been over."""
    (now,) = await site.ask(select(NOW))
    (oldest,) = await site.ask(
        select(func.min(JobModel.leased_until)).where(JobModel.state == JobState.RUNNING)
    )
    return max(now - oldest, timedelta(0)) if oldest else timedelta(0)
