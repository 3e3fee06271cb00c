"""Workers in processes of their own that solve rounds slowly, so that they can be killed at it."""

import asyncio
import logging
import multiprocessing
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from dishka import Provider, Scope

from apps.main import create_container
from apps.matching.application.publish_ring import PublishRing
from apps.matching.application.runs import PlannedRing
from apps.settings import Settings
from apps.shared.application.jobs import Pace, Worker
from apps.shared.presentation.shift import work_until_told
from tests.support.site import Site
from tests.support.solvers import NearSolver, rounds_only, solving_with

PACE = Pace(
    lease=timedelta(seconds=1),
    poll=timedelta(seconds=0.05),
    first_pause=timedelta(seconds=0.1),
)
NAP = 0.4
"""Seconds before a ring is published, and, where that is careless, until it is written down."""


@dataclass(frozen=True, slots=True)
class SlowPublishing(PublishRing):
    """Leaves time to be killed in."""

    async def __call__(self, planned: PlannedRing) -> None:
        await asyncio.sleep(NAP)
        await PublishRing.__call__(self, planned)


@dataclass(frozen=True, slots=True)
class CarelessPublishing(PublishRing):
    """Keeps a trade first, and what it is for later: the protection taken off."""

    async def __call__(self, planned: PlannedRing) -> None:
        gifts = {leg[0].giver: [gift.copy for gift in leg] for leg in planned.ring.legs}
        trade = await self.propose(gifts)
        await asyncio.sleep(NAP)
        async with self.work:
            await self.rings.propose(planned.id, trade, at=self.clock.now())


def toil(url: str, keys: Path, nap: float, publishing: type[PublishRing]) -> None:
    """Work until told to stop, or killed; solving takes so many seconds."""
    logging.disable()
    pace = Provider(scope=Scope.APP)
    pace.provide(lambda: PACE, provides=Pace)
    pace.provide(publishing, provides=PublishRing)

    async def work() -> None:
        settings = Settings(database_url=url, data_dir=keys)
        solver = solving_with(NearSolver(nap))
        container = create_container(settings, solver, rounds_only(), pace)
        try:
            await work_until_told(await container.get(Worker), grace_s=20)
        finally:
            await container.close()

    asyncio.run(work())


def a_worker(
    site: Site, *, nap: float = 0, publishing: type[PublishRing] = PublishRing
) -> ForkServerProcess:
    """Start one; a server that has imported everything makes it in no time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    url, keys = site.settings.database_url, site.settings.data_dir
    process = context.Process(target=toil, args=(url, keys, nap, publishing), daemon=True)
    process.start()
    return process
