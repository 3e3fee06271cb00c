"""What recurs is done by one worker at a time, and goes on whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.labour import (
    FULL,
    HOURLY,
    Round,
    Slow,
    a_yard,
    at_work,
    enqueue,
    fields,
    hurry,
    states,
    until,
    waits_for,
    work_once,
)
from tests.support.site import Site, elsewhere


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    async with a_yard(url, keys, recurring=[HOURLY]) as site:
        (await site.port(Round)).answers += [0] * 10
        yield site


async def test_what_recurs_is_one_row_for_all_workers(site: Site) -> None:
    rounds = await site.port(Round)
    for calls in (1, 1, 2):
        if calls == 2:
            await hurry(site)
        await asyncio.gather(*(elsewhere(work_once(site)) for _ in range(3)))
        assert len(rounds.calls) == calls
    assert await states(site) == {"ready": 1}
    assert 3500 < await waits_for(site, "round") <= 3600
    assert await fields(site, "round", "attempts") == [0]


async def test_a_full_round_is_followed_by_the_next_at_once(site: Site) -> None:
    rounds = await site.port(Round)
    rounds.answers[:] = [FULL, FULL, FULL - 1]
    await work_once(site)
    assert len(rounds.calls) == 3


async def test_what_recurs_is_never_given_up(site: Site) -> None:
    rounds = await site.port(Round)
    rounds.answers.clear()
    for attempt in range(1, 16):
        await work_once(site)
        await hurry(site)
        assert await fields(site, "round", "attempts") == [attempt]
    assert await fields(site, "round", "last_error") == ["IndexError: pop from empty list"]
    rounds.answers.append(0)
    await work_once(site)
    assert await fields(site, "round", "last_error") == [None]


async def test_what_recurs_is_not_held_up_by_a_crowd_of_jobs(site: Site) -> None:
    await enqueue(site, "slow", 20)
    rounds, slow = await site.port(Round), await site.port(Slow)
    async with at_work(site):
        await slow.begun.wait()

        async def called() -> bool:
            return bool(rounds.calls)

        await until(called)
        assert len(set(await fields(site, "slow", "state"))) == 2  # four run, the rest waits
        slow.go_on.set()
