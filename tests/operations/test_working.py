"""`kcs worker`, a server that works too, and what operators see and do of jobs."""

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from apps.main import DUTIES
from apps.shared.application.jobs import JobState, Leases, Outcome, Pace
from apps.trading.domain.moves import State
from tests.support.deals import Deal, a_deal
from tests.support.labour import LONG_AGO, a_worker, enqueue, fields, states, until
from tests.support.served import BIN, ROOT, a_server, await_ready, environment, run, typed
from tests.support.site import Site

FAULTS = re.compile(r"Traceback|Exception|[Ee]rror:|ERROR")


@asynccontextmanager
async def two_deals(url: str, keys: Path) -> AsyncIterator[tuple[Deal, Deal]]:
    """The first of them is overdue."""
    async with Site(url, keys) as site:
        people = [await site.join(name) for name in ("ann", "bea", "cat", "dot")]
        late = await a_deal(site, author=people[0], other=people[1])
        await site.run(f"UPDATE trades SET due_at = {LONG_AGO}, answer_due_at = {LONG_AGO}")
        yield late, await a_deal(site, author=people[2], other=people[3])


@contextmanager
def a_worker_process(env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as lines,
        subprocess.Popen(
            [str(BIN / "kcs"), "worker"], env=dict(env), cwd=ROOT, stderr=lines
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


async def ended(deal: Deal, *, within: float = 90) -> bool:
    """Wait for the end of a proposal."""
    give_up_at = time.monotonic() + within
    while time.monotonic() < give_up_at:
        if await deal.state() is State.EXPIRED:
            return True
        await asyncio.sleep(0.1)
    return False


RECURRING = len(DUTIES.recurring)


async def test_a_worker_ends_what_is_overdue_and_stops_when_told(
    url: str, keys: Path, tmp_path: Path
) -> None:
    async with two_deals(url, keys) as (late, other):
        with a_worker_process(environment(url, keys), tmp_path / "log") as process:
            assert await ended(late)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        assert await other.state() is State.PROPOSED
        assert await states(late.author.site) == {"ready": RECURRING}
        assert not FAULTS.search((tmp_path / "log").read_text())


@pytest.mark.parametrize("works", [True, False])
async def test_a_server_works_beside_its_requests_where_it_is_set(
    url: str, keys: Path, *, works: bool
) -> None:
    async with two_deals(url, keys) as (late, other):
        with a_server(environment(url, keys, WORKER_EMBEDDED=str(works))) as server:
            await_ready(server)
            assert await ended(late, within=90 if works else 2) is works
            assert server.stop() == 0
            assert not FAULTS.search(server.log.read_text())
        assert await other.state() is State.PROPOSED
        assert await states(late.author.site) == ({"ready": RECURRING} if works else {})


async def test_the_second_signal_breaks_off_what_the_first_one_waits_for(site: Site) -> None:
    await enqueue(site, "slow")
    worker = a_worker(site.settings.database_url, site.settings.data_dir, Pace())

    async def at_it() -> bool:
        return (await states(site))["running"] == 1

    try:
        await until(at_it)
        assert worker.pid
        os.kill(worker.pid, signal.SIGTERM)
        await asyncio.to_thread(worker.join, 1)
        assert worker.exitcode is None
        os.kill(worker.pid, signal.SIGINT)
        await asyncio.to_thread(worker.join, 10)
        assert worker.exitcode == 0
    finally:
        worker.kill()
    assert await states(site) == {"ready": 1}
    assert await fields(site, "slow", "attempts") == [0]


async def test_once_is_enough_for_what_is_due(url: str, keys: Path) -> None:
    async with two_deals(url, keys) as (late, other):
        done = await asyncio.to_thread(run, "kcs worker --once", environment(url, keys))
        assert done.returncode == 0, done.stderr
        assert "A proposal has expired" in done.stdout
        assert await late.state() is State.EXPIRED
        assert await other.state() is State.PROPOSED


def test_a_worker_without_a_schema_says_so(empty_url: str, tmp_path: Path) -> None:
    done = run("kcs worker", environment(empty_url, tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The database is empty; run `alembic upgrade head`.\n"


async def kcs(command: str, site: Site) -> tuple[int, str, str]:
    env = environment(site.settings.database_url, site.settings.data_dir)
    done = await asyncio.to_thread(typed, f"kcs {command}", env)
    return done.returncode, done.stdout, done.stderr


async def test_an_operator_sees_what_was_given_up_and_has_it_tried_anew(site: Site) -> None:
    await enqueue(site, "stamp", payload={"token": "hunter2"})
    await enqueue(site, "chore", key="a")
    leases = await site.port(Leases)  # type: ignore[type-abstract]
    (job,) = await leases.take(["stamp"], limit=1, lease=timedelta(minutes=1))
    dead = Outcome(state=JobState.DEAD, attempts=10, error="ValueError: no")
    assert await leases.settle(job, dead)
    code, every, _ = await kcs("jobs list", site)
    assert (code, len(every.splitlines())) == (0, 2)
    assert " ready    chore/a " in every
    assert "hunter2" not in every
    assert len((await kcs("jobs list --limit 1", site))[1].splitlines()) == 1
    (line,) = (await kcs("jobs list --state dead", site))[1].splitlines()
    assert line.startswith(f"{job.id}  dead     stamp ")
    assert line.endswith("ValueError: no")
    assert await kcs(f"jobs retry {job.id}", site) == (0, f"{job.id} is ready.\n", "")
    assert await states(site) == {"ready": 2}
    told = "Only a job that was given up can be tried anew.\n"
    assert await kcs(f"jobs retry {job.id}", site) == (1, "", told)
    assert await kcs(f"jobs retry {uuid4()}", site) == (1, "", "There is no such job.\n")
