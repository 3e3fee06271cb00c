"""At whatever moment a worker is killed, a day is there as a whole or not at all (B24)."""

from asyncio import gather
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from dishka import Provider
from sqlalchemy import func, select

from apps.market.application.collect import (
    LEASE,
    Collect,
    Collections,
    RepeatCollections,
    Snapshots,
    Window,
)
from apps.market.infrastructure.collections import SqlCollections
from apps.market.infrastructure.snapshots import SqlSnapshots
from tests.identity.stage import built
from tests.market.days import FIRST, SNAPSHOT, a_market, jobs, plan, snapshots
from tests.market.test_collecting import Killed
from tests.market.test_index import rows
from tests.support.budget import Budget
from tests.support.site import Site

WORKERS = 6


@dataclass
class Fate:
    """Kills a worker at one moment in so many."""

    random: Random
    one_in: int
    kills: int = 0

    def strike(self) -> None:
        if self.one_in and self.random.randrange(self.one_in) == 0:
            self.kills += 1
            raise Killed


class MortalCollections(SqlCollections):
    """Is asked at each step of a job whether it goes on."""

    fate: Fate

    async def settle(self, job: Any, window: Window) -> None:
        self.fate.strike()
        await super().settle(job, window)
        self.fate.strike()

    async def hold(self, job: Any) -> None:
        self.fate.strike()
        await super().hold(job)
        self.fate.strike()

    async def finish(self, job: Any, **told: Any) -> None:
        await super().finish(job, **told)
        self.fate.strike()


class MortalSnapshots(SqlSnapshots):
    """Likewise, and once its rows are written."""

    fate: Fate

    async def prepare(self, day: date) -> None:
        self.fate.strike()
        await super().prepare(day)
        self.fate.strike()

    async def take(self, day: date, window: Window) -> int:
        taken = await super().take(day, window)
        self.fate.strike()
        return taken


class CarelessSnapshots(MortalSnapshots):
    """Keeps rows before it is kept that their day is done."""

    async def take(self, day: date, window: Window) -> int:
        taken = await SqlSnapshots.take(self, day, window)
        await self._current.session.commit()
        self.fate.strike()
        return taken


@dataclass
class Labour:
    """Workers that are killed again and again over one market, until all of its days are done."""

    site: Site
    clock: Any
    fate: Fate

    async def do(self) -> list[date]:
        """Return of which days there was something else than their job says, while it went on."""
        halves: list[date] = []
        do, repeat = await self.site.port(Collect), await self.site.port(RepeatCollections)
        while not await self.are_done():
            _ = await gather(*(do() for _ in range(WORKERS)), return_exceptions=True)
            halves += await self.halves()
            self.clock.at += LEASE + timedelta(seconds=1)
            _ = await repeat(date.min, date.max, failed_only=True)
        return halves

    async def are_done(self) -> bool:
        told = [
            *await jobs(self.site, "state"),
            *await jobs(self.site, "state", kind="conditions"),
        ]
        return {state for _, state in told} == {"done"}

    async def halves(self) -> list[date]:
        there: Mapping[date, int] = dict(
            await rows(
                self.site,
                select(SNAPSHOT.day, func.count()).group_by(SNAPSHOT.day),
            )
        )
        return [
            day
            for day, state, taken in await jobs(self.site, "state", "rows")
            if there.get(day, 0) != (taken if state == "done" else 0)
        ]


async def labour(site: Site, clock: Any, fate: Fate) -> Labour:
    for port in (Collections, Snapshots):
        mortal: Any = await site.port(port)
        mortal.fate = fate
    await plan(site)
    return Labour(site, clock, fate)


def mortals(snapshots: type[Any] = MortalSnapshots) -> tuple[Provider, Provider]:
    return built(Collections, MortalCollections), built(Snapshots, snapshots)


async def test_of_killed_workers_days_are_left_whole_or_not_at_all(
    url: str, keys: Path, budget: Budget
) -> None:
    days = budget.of(6, 365)
    async with a_market(url, keys, *mortals(), days=days) as (site, clock, _):
        fate = Fate(budget.random(), one_in=6)
        work = await labour(site, clock, fate)
        assert await work.do() == []
        budget.tell(f"{fate.kills} workers killed over {days} days")
        assert fate.kills > days // 2
        taken = await snapshots(site)
        assert len({(day, card) for day, card, *_ in taken}) == len(taken) == 2 * days
        windows = await jobs(site, "behind_event", "watermark")
        assert sorted(day for day, *_ in windows) == [
            FIRST + timedelta(days=n) for n in range(days)
        ]
        # Nobody is killed any more, and all of it is taken down anew.
        fate.one_in = 0
        assert await (await site.port(RepeatCollections))(date.min, date.max) == 2 * days
        await site.run("UPDATE card_snapshots SET copies = -1")
        await work.do()
        assert await snapshots(site) == taken
        assert await jobs(site, "behind_event", "watermark") == windows


async def test_kept_apart_rows_and_their_job_would_be_seen_to_differ(url: str, keys: Path) -> None:
    """The control."""
    async with a_market(url, keys, *mortals(CarelessSnapshots), days=6) as (site, clock, _):
        work = await labour(site, clock, Fate(Random(1), one_in=6))
        assert await work.do() != []
