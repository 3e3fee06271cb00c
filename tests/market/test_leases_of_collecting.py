"""Of many workers one takes down each day, and whoever has lost the lease writes nothing (B24)."""

from asyncio import gather
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event

from apps.market.application.collect import LEASE, Collect, Collections, Snapshots, Window
from apps.market.infrastructure.collections import SqlCollections
from apps.market.infrastructure.snapshots import SqlSnapshots
from apps.shared.application.jobs import LeaseLost
from tests.identity.stage import built
from tests.market.days import (
    ALL,
    DAYS,
    FIRST,
    JOB,
    SNAPSHOT,
    a_market,
    jobs,
    plan,
    snapshots,
)
from tests.support.site import Site
from tests.support.weakening import unlocked

MANY = 6


async def crowd(site: Site) -> int:
    """Let many workers do all of it; return how often one has done, or tried to do, a job."""
    do, began = await site.port(Collect), 0
    for _ in range(2 * DAYS):
        done = await gather(*(do() for _ in range(MANY)), return_exceptions=True)
        began += sum(each != 0 for each in done)
    return began


async def test_of_many_workers_at_once_one_takes_each_day(url: str, keys: Path) -> None:
    async with a_market(url, keys) as (site, _, __):
        await plan(site)
        assert await crowd(site) == 2 * DAYS
        assert await jobs(site, "state", "attempts") == [(day, "done", 1) for day in ALL]
        assert len(await snapshots(site)) == 2 * DAYS


async def test_without_locks_several_would(postgresql: str, keys: Path) -> None:
    """The control."""
    async with a_market(postgresql, keys, built(Collections, Unlocked)) as (site, _, __):
        event.listen(
            (await site.engine()).sync_engine, "before_cursor_execute", unlocked, retval=True
        )
        await plan(site)
        assert await crowd(site) > 2 * DAYS


class Unlocked(SqlCollections):
    """Asks nobody whether it is theirs."""

    async def hold(self, job: Any) -> None:
        del job

    def _of(self, job: Any) -> Any:
        return (JOB.id == job.id,)


class Late(SqlSnapshots):
    """Takes down nothing at all once it is late."""

    is_late = False

    async def take(self, day: date, window: Window) -> int:
        taken = await super().take(day, window)
        if self.is_late:
            await self._current.session.execute(delete(SNAPSHOT))
        return taken


async def outlived(site: Site, clock: Any) -> list[tuple[Any, ...]]:
    """Let one hold a job beyond its lease while another does it; return what was taken then."""
    late: Any = await site.port(Snapshots)
    do = await site.port(Collect)
    settle, taken = Collect._settled, []  # noqa: SLF001

    async def delayed(self: Collect, job: Any, collector: Any) -> Any:
        settled = await settle(self, job, collector)
        if job.attempt == 1:
            clock.at += LEASE + timedelta(seconds=1)
            assert await do() == 1
            taken.extend(await snapshots(site))
            late.is_late = True
        return settled

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Collect, "_settled", delayed)
        _ = await do()
    return taken


async def test_who_has_lost_the_lease_writes_nothing(url: str, keys: Path) -> None:
    async with a_market(url, keys, built(Snapshots, Late)) as (site, clock, _):
        await plan(site)
        with pytest.raises(LeaseLost):
            _ = await outlived(site, clock)
        assert len(await snapshots(site)) == 2
        assert await jobs(site, "state", "attempts", "error") == [
            (FIRST, "done", 2, None),
            *((day, "ready", 0, None) for day in ALL[1:]),
        ]


async def test_without_asking_it_would_write_over_what_another_has_done(
    url: str, keys: Path
) -> None:
    """The control."""
    unguarded = built(Collections, Unlocked)
    async with a_market(url, keys, built(Snapshots, Late), unguarded) as (site, clock, _):
        await plan(site)
        taken = await outlived(site, clock)
        assert len(taken) == 2
        assert await snapshots(site) == []
