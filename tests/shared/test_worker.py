"""The worker does what is due, tries again what fails, and lets nothing hold up the rest."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.shared.application.jobs import Hopeless, JobState, Leases, Pace, Worker
from apps.shared.application.readiness import Closing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.jobs import SqlLeases
from apps.shared.infrastructure.worker import told_of
from tests.support.labour import (
    AT_ONCE,
    HOURLY,
    Poison,
    Round,
    Slow,
    UnendingLeases,
    a_yard,
    at_work,
    effects,
    enqueue,
    fields,
    hurry,
    lapse,
    states,
    until,
    waits_for,
    work_once,
)
from tests.support.site import Site, elsewhere

BRIEF = Pace(lease=timedelta(seconds=0.3), poll=timedelta(seconds=0.05))


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    async with a_yard(url, keys, recurring=[HOURLY]) as site:
        (await site.port(Round)).answers += [0] * 10
        yield site


async def test_all_that_is_due_is_done_once(site: Site) -> None:
    await enqueue(site, "stamp", 10)
    await enqueue(site, "chore", 10)
    await enqueue(site, "chore", after=timedelta(hours=1))
    await work_once(site)
    assert await states(site) == {"done": 20, "ready": 2}
    assert list((await effects(site)).values()) == [1] * 20


async def test_what_a_job_was_about_is_forgotten_with_its_effect(site: Site) -> None:
    await enqueue(site, "stamp", payload={"nap": 0, "to": "ann@kcs.test"})
    await enqueue(site, "poison", payload={"to": "ann@kcs.test"}, max_attempts=1)
    await work_once(site)
    assert await fields(site, "stamp", "payload") == [{}]
    assert await fields(site, "poison", "payload") == [{"to": "ann@kcs.test"}]


async def test_a_worker_waits_for_work_and_is_told_to_stop(site: Site) -> None:
    async with at_work(site):
        await enqueue(site, "stamp", 5, after=timedelta(seconds=0.3))

        async def all_done() -> bool:
            return (await states(site))["done"] == 5

        await until(all_done)


async def test_a_job_that_always_fails_is_given_up_and_the_others_are_done(site: Site) -> None:
    """B21. Its pauses grow, and what it tells holds no secret."""
    poison = await site.port(Poison)
    await enqueue(site, "poison", max_attempts=5)
    pauses = []
    for attempt in range(1, 6):
        await enqueue(site, "stamp", 3)
        await work_once(site)
        assert len(poison.attempts) == attempt
        assert (await states(site))["done"] == 3 * attempt
        pauses.append(await waits_for(site, "poison"))
        await hurry(site)
    assert all(0.8 * 2**n < pause <= 2 * 2**n for n, pause in enumerate(pauses[:-1]))
    await work_once(site)
    assert len(poison.attempts) == 5
    assert await fields(site, "poison", "state") == [JobState.DEAD]
    (error,) = await fields(site, "poison", "last_error")
    assert error == "ValueError: postgresql://***@db/kcs is away"


async def test_a_job_without_hope_is_given_up_at_its_first_attempt(site: Site) -> None:
    poison = await site.port(Poison)
    poison.kind = Hopeless
    await enqueue(site, "poison")
    await work_once(site)
    assert len(poison.attempts) == 1
    assert await fields(site, "poison", "state") == [JobState.DEAD]
    assert (await fields(site, "poison", "last_error"))[0].startswith("Hopeless: ")


async def test_control_without_pauses_and_an_end_it_would_be_tried_for_ever(
    url: str, keys: Path
) -> None:
    async with a_yard(url, keys, AT_ONCE) as site:
        poison = await site.port(Poison)
        await enqueue(site, "poison", max_attempts=None)
        async with at_work(site):

            async def tried_often() -> bool:
                return len(poison.attempts) > 20

            await until(tried_often)
        assert await states(site) == {"ready": 1}


@pytest.mark.parametrize("protected", [True, False])
async def test_the_job_of_a_dead_worker_is_done_by_another(
    url: str, keys: Path, *, protected: bool
) -> None:
    """The control: where leases do not end, the job is stuck."""
    leases = SqlLeases if protected else UnendingLeases
    async with a_yard(url, keys, leases=leases) as site:
        await enqueue(site, "stamp")
        dead = await site.port(Leases)  # type: ignore[type-abstract]
        (job,) = await dead.take(["stamp"], limit=1, lease=timedelta(seconds=60))
        await work_once(site)
        assert await states(site) == {"running": 1}
        await lapse(site)
        stop = asyncio.Event()
        worker = await site.port(Worker)  # type: ignore[type-abstract]
        work = elsewhere(worker.run(stop))

        async def done() -> bool:
            return await states(site) == {"done": 1}

        if protected:
            await until(done)
        else:
            await asyncio.sleep(1)
        stop.set()
        await work
        assert await states(site) == {"done" if protected else "running": 1}
        assert await effects(site) == ({str(job.id): 1} if protected else {})


async def test_a_long_job_is_held_for_as_long_as_it_takes(url: str, keys: Path) -> None:
    async with a_yard(url, keys, BRIEF) as site:
        await enqueue(site, "slow")
        slow = await site.port(Slow)
        async with at_work(site):
            await slow.begun.wait()
            await asyncio.sleep(BRIEF.lease.total_seconds() * 4)
            other = await site.port(Leases)  # type: ignore[type-abstract]
            assert await other.reclaim() == []
            slow.go_on.set()
        assert await fields(site, "slow", "fence") == [1]
        assert await states(site) == {"done": 1}


async def test_whose_lease_is_lost_breaks_off(url: str, keys: Path) -> None:
    async with a_yard(url, keys, BRIEF) as site:
        await enqueue(site, "slow")
        slow = await site.port(Slow)
        async with at_work(site):
            await slow.begun.wait()
            await site.run("UPDATE jobs SET fence = fence + 1, leased_until = '2099-01-01'")
        assert await fields(site, "slow", "fence") == [2]  # it did stop, and settled nothing
        assert await states(site) == {"running": 1}


async def test_who_is_told_to_stop_finishes_and_who_is_cut_off_hands_back(site: Site) -> None:
    slow = await site.port(Slow)
    await enqueue(site, "slow", 6)
    worker = await site.port(Worker)  # type: ignore[type-abstract]
    stop = asyncio.Event()
    work = elsewhere(worker.run(stop))
    await slow.begun.wait()
    (await site.port(Closing)).begin()
    stop.set()
    assert (await asyncio.wait({work}, timeout=0.3))[1]
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await fields(site, "slow", "state") == [JobState.READY] * 6
    assert await fields(site, "slow", "attempts") == [0] * 6
    assert max(await fields(site, "slow", "fence")) == 1


async def test_a_worker_outlasts_a_database_that_is_away(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    there, asked = SqlLeases.due_in, []

    async def away(leases: SqlLeases, kinds: list[str]) -> timedelta | None:
        asked.append(kinds)
        if len(asked) < 4:
            raise (Busy if len(asked) < 3 else ZeroDivisionError)("Away.")
        return await there(leases, kinds)

    monkeypatch.setattr(SqlLeases, "due_in", away)
    await enqueue(site, "stamp")
    with caplog.at_level(logging.WARNING):
        async with at_work(site):

            async def done() -> bool:
                return (await states(site))["done"] == 1

            await until(done)
    assert caplog.messages == ["No work is taken: Away."] * 2 + ["No work is taken"]
    monkeypatch.setattr(SqlLeases, "due_in", lambda *_: asyncio.sleep(0, 1 / 0))
    with pytest.raises(ZeroDivisionError):
        await work_once(site)


async def test_what_cannot_be_settled_is_done_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = SqlLeases.settle

    async def fail(*_: Any) -> bool:
        raise Busy

    monkeypatch.setattr(SqlLeases, "settle", fail)
    await enqueue(site, "chore")
    await work_once(site)
    monkeypatch.setattr(SqlLeases, "settle", settle)
    await lapse(site)
    await work_once(site)
    assert list((await effects(site)).values()) == [2]
    assert await fields(site, "chore", "state") == [JobState.DONE]


def test_what_is_told_of_a_failure_is_short_and_in_a_line() -> None:
    assert told_of(ValueError(f"{'x' * 500}\nhunter2")) == f"ValueError: {'x' * 288}"
    assert told_of(KeyError()) == "KeyError: "


async def test_jobs_of_a_kind_that_nobody_here_knows_are_left_to_others(site: Site) -> None:
    await enqueue(site, "nobody")
    await work_once(site)
    assert await fields(site, "nobody", "state") == [JobState.READY]
