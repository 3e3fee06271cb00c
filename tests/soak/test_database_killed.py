"""A PostgreSQL that is killed or restarted under load costs no answer that was given (B32, B33)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, TypeVar

import pytest
from httpx import AsyncClient
from sqlalchemy.exc import DBAPIError

from apps.shared.application.jobs import Pace
from apps.shared.infrastructure import unit_of_work
from tests.soak.client_log import ClientLog, Fact, Verdict, facts_kept
from tests.soak.storms import Sailors
from tests.soak.test_crashes import faults_found
from tests.soak.traders import SETTINGS, replay
from tests.support.budget import Budget
from tests.support.catalog import connected
from tests.support.labour import a_yard, at_work, effects, enqueue, states
from tests.support.mortal import Mortal, a_mortal
from tests.support.sessions import ensure_nothing_is_open
from tests.support.site import Member, Site, elsewhere

T = TypeVar("T")
POOLS: dict[str, Any] = {"db_pool_size": 8, "db_reader_pool_size": 8}
BACK_S = 10
"""Seconds within which a service has to be back when its database is."""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Mortal]:
    with a_mortal() as mortal:
        yield mortal


@pytest.fixture
def log(tmp_path: Path) -> ClientLog:
    return ClientLog(tmp_path / "client.log")


async def until_served(ann: Member) -> float:
    """How many seconds pass until something can be read and changed again."""
    begun = monotonic()
    while monotonic() - begun < BACK_S:
        changed = await ann.patch("/me", {"bio": "hi"})
        if changed.is_success and (await ann.get("/me")).is_success:
            return monotonic() - begun
        await asyncio.sleep(0.05)
    raise TimeoutError


async def ensure_all_is_kept(
    site: Site, log: ClientLog, http: AsyncClient, before: Counter[Fact]
) -> int:
    """Settle what is open under its key, and hold log and database beside each other."""
    replays = await replay(http, log)
    verdict = await Verdict.on(log, site)
    assert not verdict.lost
    assert not verdict.ghosts - before
    assert not await faults_found(site)
    return replays["replayed"]


async def ensure_nothing_leaked(site: Site) -> None:
    pool: Any = (await site.engine()).pool
    assert pool.checkedout() == 0
    await ensure_nothing_is_open(site.settings.database_url, within=5)


async def test_whatever_was_acknowledged_outlives_a_database_that_is_killed(
    mortal: Mortal, keys: Path, log: ClientLog, budget: Budget
) -> None:
    kills, dice, back = budget.of(1, 20), budget.random(), 0.0
    async with Site(mortal.url, keys, **SETTINGS, **POOLS) as site:
        before = await facts_kept(site)
        ann = await site.join(f"ann-{budget.is_long}")
        sailors = await Sailors.join(site, log, dice)
        trading = elsewhere(sailors.trade(site.client))
        for _ in range(kills):
            await asyncio.sleep(dice.uniform(0.5, 1.5))
            mortal.kill()
            assert (await site.client.get("/healthz")).status_code == 200
            assert (await site.client.get("/readyz")).status_code == 503
            await asyncio.sleep(dice.uniform(0, 0.5))
            await asyncio.to_thread(mortal.start)
            back = max(back, await until_served(ann))
        await asyncio.sleep(0.3)
        sailors.ended = True
        await trading
        opened = await ensure_all_is_kept(site, log, site.client, before)
        await ensure_nothing_leaked(site)
    assert not sailors.unfit
    assert sailors.told["POST 503 busy"] + sailors.told["POST 503 unsettled"] > 0
    budget.tell(
        f"{kills} kills, {log.facts().total()} effects acknowledged, 0 lost, 0 twice, {opened}"
        f" settled at the end; served again {back:.1f} s after the database; {dict(sailors.told)};"
        f" longest {sailors.longest:.1f} s"
    )


async def terminate(url: str, dice: Random, until: float) -> int:
    """End sessions of the service at random; how many."""
    connection, ended = await connected(url), 0
    try:
        while monotonic() < until:
            found = await connection.fetch(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'kcardswap'"
            )
            if found:
                pid = dice.choice(found)["pid"]
                ended += bool(await connection.fetchval("SELECT pg_terminate_backend($1)", pid))
            await asyncio.sleep(dice.uniform(0.02, 0.2))
    finally:
        await connection.close()
    return ended


async def test_sessions_that_are_ended_and_a_restart_are_outlasted(
    mortal: Mortal, keys: Path, log: ClientLog, budget: Budget
) -> None:
    seconds, dice = budget.of(1.5, 60), budget.random()
    async with Site(mortal.url, keys, **SETTINGS, **POOLS) as site:
        before = await facts_kept(site)
        ann = await site.join(f"bea-{budget.is_long}")
        sailors = await Sailors.join(site, log, dice)
        trading = elsewhere(sailors.trade(site.client))
        ended = await terminate(mortal.url, dice, monotonic() + seconds)
        await asyncio.to_thread(mortal.restart)
        back = await until_served(ann)
        sailors.ended = True
        await trading
        await ensure_all_is_kept(site, log, site.client, before)
        await ensure_nothing_leaked(site)
    assert ended > 5
    assert not sailors.unfit
    assert sailors.share_of(500) == 0
    budget.tell(f"{ended} sessions ended, restarted, back in {back:.1f} s: {dict(sailors.told)}")


PACE = Pace(lease=timedelta(seconds=2), poll=timedelta(seconds=0.1), first_pause=timedelta(0))


async def test_a_worker_outlasts_a_database_that_is_killed(
    mortal: Mortal, keys: Path, budget: Budget
) -> None:
    kills, jobs = budget.of(1, 10), budget.of(60, 400)
    async with a_yard(mortal.url, keys, PACE) as site:
        await site.run("DELETE FROM jobs")
        await enqueue(site, "stamp", jobs, payload={"nap": 0.02})
        async with at_work(site):
            async with asyncio.timeout(60):
                while not await effects(site):  # noqa: ASYNC110, it is in a database
                    await asyncio.sleep(0.02)
            for _ in range(kills):
                mortal.kill()
                await asyncio.to_thread(mortal.start)
                await once_back(lambda: states(site))
                await asyncio.sleep(budget.of(0, 1))
            begun = monotonic()
            async with asyncio.timeout(budget.of(30, 120)):
                while await once_back(lambda: states(site)) != {"done": jobs}:  # noqa: ASYNC110, likewise
                    await asyncio.sleep(0.1)
        done = await once_back(lambda: effects(site))
        assert (len(done), {*done.values()}) == (jobs, {1})
        await site.run("DROP TABLE scratch_effects")
    budget.tell(f"{kills} kills, {jobs} jobs, each done once, {monotonic() - begun:.1f} s after")


async def once_back(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until the pool of a test has no more connections to the database that was killed."""
    async with asyncio.timeout(BACK_S):
        while True:
            try:
                return await ask()
            except (DBAPIError, OSError):
                await asyncio.sleep(0.05)


async def test_where_no_commit_is_waited_for_what_was_acknowledged_is_lost(
    mortal: Mortal, keys: Path, log: ClientLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a service that answers before its commit, and a database that is killed then."""
    told = unit_of_work.SqlUnitOfWork._complete  # noqa: SLF001
    held = asyncio.Event()

    async def hasty(self: Any, transaction: Any) -> None:
        if held.is_set():
            return  # and whoever asked is told of a success
        await told(self, transaction)

    monkeypatch.setattr(unit_of_work.SqlUnitOfWork, "_complete", hasty)
    async with Site(mortal.url, keys, **SETTINGS, **POOLS) as site:
        sailors = await Sailors.join(site, log, Random(1))
        assert not (await Verdict.on(log, site)).lost
        held.set()
        await sailors._enter(site.client, sailors.hub)  # noqa: SLF001
        assert (await Verdict.on(log, site)).lost.total() == 1
