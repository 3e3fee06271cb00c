"""Jobs are kept with their cause, lent to one worker at a time, and completed with their effect."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from apps.shared.application.jobs import (
    FORGOTTEN_AT_ONCE,
    ForgetJobs,
    Job,
    JobNotDead,
    JobNotFound,
    Jobs,
    JobState,
    JobUnfinished,
    LeaseLost,
    Leases,
    ListJobs,
    Outcome,
    RetryJob,
)
from apps.shared.application.work import UnitOfWork
from apps.shared.infrastructure.jobs import JobModel
from tests.support.labour import TABLE, Stamp, effects, enqueue, hurry, labour, lapse, states
from tests.support.site import Site, elsewhere

MINUTE = timedelta(minutes=1)
DEAD = Outcome(state=JobState.DEAD, attempts=10, error="ValueError: no")


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(url, keys, labour()) as site:
        await site.run(TABLE)
        yield site


async def leases(site: Site) -> Leases:
    return await site.port(Leases)  # type: ignore[type-abstract]


async def take(site: Site, limit: int = 10, kind: str = "stamp") -> Sequence[Job]:
    return await (await leases(site)).take([kind], limit=limit, lease=MINUTE)


async def stamp(site: Site, job: Job) -> None:
    await (await site.port(Stamp))(job)


async def column(site: Site, name: str) -> list[Any]:
    return await site.ask(select(getattr(JobModel, name)).order_by(JobModel.id))


async def test_a_job_is_kept_with_its_cause(site: Site) -> None:
    work = await site.port(UnitOfWork)  # type: ignore[type-abstract]
    jobs = await site.port(Jobs)  # type: ignore[type-abstract]
    with pytest.raises(ZeroDivisionError):
        async with work:
            await jobs.enqueue("stamp")
            raise ZeroDivisionError
    assert await states(site) == {}
    async with work:
        await jobs.enqueue("stamp", {"card": [1, {"é": None}]})
    (job,) = await take(site)
    assert (job.kind, job.payload) == ("stamp", {"card": [1, {"é": None}]})
    assert (job.attempts, job.max_attempts, job.fence) == (1, 10, 1)


async def test_one_of_a_key_is_unfinished_at_a_time(site: Site) -> None:
    for _ in range(2):
        for kind, key in (("stamp", "a"), ("stamp", "b"), ("chore", "a"), ("stamp", None)):
            await enqueue(site, kind, key=key)
    assert sum((await states(site)).values()) == 5
    (chore,) = await take(site, kind="chore")
    await enqueue(site, "chore", key="a")
    assert await states(site) == {"ready": 4, "running": 1}
    await (await leases(site)).settle(chore, Outcome(state=JobState.DONE, attempts=1))
    await enqueue(site, "chore", key="a")
    assert await states(site) == {"ready": 5, "done": 1}


async def test_it_is_told_which_are_not_finished(site: Site) -> None:
    work = await site.port(UnitOfWork)  # type: ignore[type-abstract]
    jobs = await site.port(Jobs)  # type: ignore[type-abstract]

    async def unfinished() -> set[str]:
        async with work:
            return {*await jobs.unfinished("stamp")}

    for kind, key in (("stamp", "a"), ("stamp", "b"), ("chore", "c"), ("stamp", None)):
        await enqueue(site, kind, key=key)
    assert await unfinished() == {"a", "b"}
    first, *_ = await take(site, limit=1)
    assert await unfinished() == {"a", "b"}, "it runs"
    await (await leases(site)).settle(first, Outcome(state=JobState.DEAD, attempts=1))
    assert len(await unfinished()) == 1


async def test_of_many_who_enqueue_at_once_one_does(site: Site) -> None:
    steps = [elsewhere(enqueue(site, "stamp", key="a")) for _ in range(10)]
    await asyncio.gather(*steps)
    assert await states(site) == {"ready": 1}


async def test_nothing_is_taken_before_its_time_or_twice_and_the_oldest_first(site: Site) -> None:
    await enqueue(site, "stamp", after=MINUTE)
    asked = await (await leases(site)).due_in(["stamp"])
    assert asked is not None
    assert timedelta(seconds=50) < asked <= MINUTE
    assert await take(site) == []
    await enqueue(site, "stamp", 3)
    assert await (await leases(site)).due_in(["stamp"]) == timedelta(0)
    assert await (await leases(site)).due_in(["chore"]) is None
    oldest = (await column(site, "id"))[1]
    assert [job.id for job in await take(site, limit=1)] == [oldest]
    assert len(await take(site)) == 2
    assert await take(site) == []
    assert await (await leases(site)).due_in(["chore"]) > timedelta(seconds=50)  # type: ignore[operator]


async def test_many_at_once_take_each_job_once(site: Site) -> None:
    await enqueue(site, "stamp", 60)
    taken = await asyncio.gather(*(elsewhere(take(site, limit=5)) for _ in range(20)))
    ids = [job.id for jobs in taken for job in jobs]
    while more := await take(site):
        ids += [job.id for job in more]
    assert len(ids) == len({*ids}) == 60


async def test_the_effect_is_kept_with_the_end_of_the_job(site: Site) -> None:
    await enqueue(site, "stamp")
    (job,) = await take(site)
    await stamp(site, job)
    assert await states(site) == {"done": 1}
    assert await effects(site) == {str(job.id): 1}
    assert not await (await leases(site)).settle(job, DEAD)


async def twice(site: Site) -> int:
    """Two do the same job, the first of them when its lease is over; return its effects."""
    await enqueue(site, "stamp")
    (late,) = await take(site)
    assert await (await leases(site)).reclaim() == []
    assert await take(site) == []
    await lapse(site)
    assert await (await leases(site)).due_in(["stamp"]) == timedelta(0)
    assert await (await leases(site)).reclaim() == []
    (job,) = await take(site)
    assert (job.id, job.fence, job.attempts) == (late.id, 2, 2)
    await stamp(site, job)
    try:
        await stamp(site, late)
    except LeaseLost:
        assert not await (await leases(site)).renew(late, lease=MINUTE)
    return (await effects(site))[str(job.id)]


async def test_whose_lease_is_lost_has_no_effect(site: Site) -> None:
    assert await twice(site) == 1


async def test_control_without_a_fence_there_would_be_two_effects(site: Site) -> None:
    engine = (await site.engine()).sync_engine
    event.listen(engine, "before_cursor_execute", unfenced, retval=True)
    assert await twice(site) == 2


def unfenced(*call: Any) -> tuple[str, Any]:
    _, _, statement, parameters, _, _ = call
    return statement.replace("jobs.fence = ", "jobs.fence >= "), parameters


async def test_whose_lease_is_lost_can_neither_hold_nor_hand_back(site: Site) -> None:
    await enqueue(site, "stamp")
    (late,) = await take(site)
    await lapse(site)
    await (await leases(site)).reclaim()
    (job,) = await take(site)
    assert not await (await leases(site)).renew(late, lease=MINUTE)
    assert not await (await leases(site)).settle(late, DEAD)
    assert await states(site) == {"running": 1}
    assert await (await leases(site)).renew(job, lease=MINUTE)
    assert await (await leases(site)).settle(job, DEAD)


async def test_a_lease_that_was_not_taken_over_is_still_good(site: Site) -> None:
    await enqueue(site, "stamp")
    (job,) = await take(site)
    await lapse(site)
    assert await (await leases(site)).renew(job, lease=MINUTE)
    assert await (await leases(site)).reclaim() == []
    assert await states(site) == {"running": 1}
    await lapse(site)
    await (await leases(site)).reclaim()
    await stamp(site, job)
    assert await states(site) == {"done": 1}


async def test_a_job_that_ends_its_worker_each_time_is_given_up(site: Site) -> None:
    await enqueue(site, "stamp", max_attempts=2)
    for given_up in (0, 1):
        (job,) = await take(site)
        await lapse(site)
        assert await (await leases(site)).reclaim() == [job.id] * given_up
    assert await states(site) == {"dead": 1}
    assert await column(site, "last_error") == ["Its worker was lost."]


async def test_an_operator_lists_jobs_and_has_a_dead_one_tried_anew(site: Site) -> None:
    listed, retry = await site.port(ListJobs), await site.port(RetryJob)  # type: ignore[type-abstract]
    await enqueue(site, "stamp", key="a")
    (job,) = await take(site)
    with pytest.raises(JobNotDead):
        await retry(job.id)
    await (await leases(site)).settle(job, DEAD)
    (view,) = await listed(state=JobState.DEAD, limit=9)
    assert (view.id, view.key, view.last_error) == (job.id, "a", "ValueError: no")
    await enqueue(site, "stamp", key="a")
    assert [each.state for each in await listed(state=None, limit=9)] == ["ready", "dead"]
    assert len(await listed(state=None, limit=1)) == 1
    with pytest.raises(JobUnfinished):
        await retry(job.id)
    await stamp(site, (await take(site))[0])
    await retry(job.id)
    (again,) = await take(site)
    assert (again.id, again.attempts, again.fence) == (job.id, 1, 2)
    with pytest.raises(JobNotFound):
        await retry(uuid4())


async def test_what_was_done_long_ago_is_forgotten(site: Site) -> None:
    forget = await site.port(ForgetJobs)  # type: ignore[type-abstract]
    await enqueue(site, "stamp", 4)
    done, recent, dead, _ = await take(site)
    for job, outcome in ((done, "done"), (recent, "done"), (dead, "dead")):
        settled = Outcome(state=JobState(outcome), attempts=1)
        assert await (await leases(site)).settle(job, settled)
    assert await forget() == 0
    old = "updated_at = '2020-01-01 00:00:00.000000'"
    await site.run(f"UPDATE jobs SET {old} WHERE id <> :id", id=kept_as(site, recent))
    assert await forget() == 1 < FORGOTTEN_AT_ONCE
    assert await states(site) == {"done": 1, "dead": 1, "running": 1}
    assert recent.id in await column(site, "id")


def kept_as(site: Site, job: Job) -> Any:
    """Its id as the database has it."""
    return job.id.hex if site.settings.database_url.startswith("sqlite") else job.id


async def test_only_a_running_job_has_a_lease(site: Site) -> None:
    await enqueue(site, "stamp")
    with pytest.raises(Exception, match="ck_jobs_leased"):
        await site.run("UPDATE jobs SET state = 'running'")
    await hurry(site)
    assert len(await take(site)) == 1
