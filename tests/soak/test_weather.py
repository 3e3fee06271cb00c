"""Members trade over a line to PostgreSQL that fails in every way, one after the other (B34)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.soak.client_log import ClientLog, Verdict
from tests.soak.storms import Sailors
from tests.soak.test_crashes import faults_found
from tests.soak.traders import SETTINGS, replay
from tests.support.budget import Budget
from tests.support.proxy import Proxy
from tests.support.sessions import ensure_nothing_is_open
from tests.support.site import Site, elsewhere

LONGEST = 15.0
HURRIED = {"db_statement_timeout_s": 0.5, "db_connect_timeout_s": 1}
"""So that a black hole costs the short form a second and a half."""


async def cut(proxy: Proxy, _: Random) -> None:
    proxy.cut()


async def reset(proxy: Proxy, _: Random) -> None:
    proxy.reset()


async def refuse(proxy: Proxy, dice: Random) -> None:
    proxy.refusing = True
    proxy.reset()
    await asyncio.sleep(dice.uniform(0, 0.3))


async def swallow(proxy: Proxy, dice: Random) -> None:
    proxy.swallow()
    await asyncio.sleep(dice.uniform(0, 8))


async def swallow_answers(proxy: Proxy, dice: Random) -> None:
    proxy.to_client.clear()
    await asyncio.sleep(dice.uniform(0, 2))


async def lose_commits(proxy: Proxy, dice: Random) -> None:
    proxy.commits_lost = 2
    await asyncio.sleep(dice.uniform(0.3, 1))


async def swallow_commits(proxy: Proxy, dice: Random) -> None:
    proxy.commits_swallowed = 2
    await asyncio.sleep(dice.uniform(0.3, 1))


async def delay(proxy: Proxy, dice: Random) -> None:
    proxy.latency = dice.uniform(0.001, 0.05)
    await asyncio.sleep(0.5)


async def dribble(proxy: Proxy, _: Random) -> None:
    proxy.dribbling = True
    await asyncio.sleep(0.5)


FAULTS: list[Callable[[Proxy, Random], Awaitable[None]]] = [
    *(cut, reset, refuse, lose_commits, swallow_answers, swallow_commits, delay, dribble, swallow)
]


async def test_each_request_ends_in_time_and_what_is_open_is_found_by_its_key(
    postgresql: str, keys: Path, tmp_path: Path, budget: Budget
) -> None:
    log, dice = ClientLog(tmp_path / "client.log"), budget.random()
    faults = FAULTS[:6] if not budget.is_long else [*FAULTS, *dice.choices(FAULTS, k=40)]
    times: dict[str, Any] = budget.of(HURRIED, {})
    async with Proxy(postgresql) as proxy, Site(proxy.url, keys, **SETTINGS, **times) as site:
        sailors = await Sailors.join(site, log, dice)
        trading = elsewhere(sailors.trade(site.client))
        for fault in faults:
            await fault(proxy, dice)
            proxy.heal()
            await asyncio.sleep(dice.uniform(0.1, budget.of(0.3, 1)))
        sailors.ended = True
        await trading
        replays = await replay(site.client, log)
        verdict = await Verdict.on(log, site)
        assert not verdict.lost
        assert not verdict.ghosts
        assert not await faults_found(site)
        pool: Any = (await site.engine()).pool
        assert pool.checkedout() == 0
        await ensure_nothing_is_open(postgresql, within=10)
    assert not sailors.unfit
    assert sailors.longest < LONGEST
    assert not [told for told in sailors.told if " 500" in told]
    budget.tell(
        f"{len(faults)} faults, {log.facts().total()} effects, 0 lost, 0 twice, {dict(replays)};"
        f" longest request {sailors.longest:.1f} s; {dict(sailors.told)}"
    )
