"""However bad the line to PostgreSQL is, requests end in time, and what they say is true (B34)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from httpx import Response

from apps.shared.infrastructure.sessions import Sessions
from apps.shared.presentation import routes
from tests.support.catalog import fetch
from tests.support.proxy import Proxy
from tests.support.site import Member, Site, elsewhere

SHORT = {"db_connect_timeout_s": 0.5, "db_statement_timeout_s": 1, "db_pool_size": 4}
"""Two seconds until a line is given up; half a second for one to be there."""
BOUND = 5.0
"""Seconds: the answer to two statements, a connection, and what a machine in use takes besides."""
OURS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'kcardswap' AND state LIKE 'idle in transaction%'
"""


class Never(Exception):
    """Is never raised."""


@pytest.fixture
async def proxy(postgresql: str) -> AsyncIterator[Proxy]:
    async with Proxy(postgresql) as proxy:
        yield proxy


@pytest.fixture
async def ann(proxy: Proxy, keys: Path) -> AsyncIterator[Member]:
    """Somebody who has asked and changed something already, so that there are connections."""
    async with Site(proxy.url, keys, **SHORT) as site:
        ann = await site.join("ann")
        await ann.hold()
        assert (await ann.get("/me")).is_success
        yield ann
        proxy.heal()


async def enter(ann: Member, key: str | None = None) -> Response:
    (card,) = await ann.site.some_cards(1)
    body = {"card_id": str(card), "condition": "mint", "for_trade": True}
    headers = {"Idempotency-Key": key} if key else {}
    return await ann.send("POST", "/me/copies", body, headers=headers)


async def within(seconds: float, step: Awaitable[Response]) -> Response:
    async with asyncio.timeout(seconds):
        return await step


def is_busy(answer: Response) -> bool:
    return (answer.status_code, answer.headers.get("Retry-After")) == (503, "1")


async def copies(directly: str) -> int:
    """How many there are, whatever the line of the service is like."""
    ((count,),) = await fetch(directly, ["SELECT count(*)::int FROM copies"])
    assert isinstance(count, int)
    return count


async def ensure_nothing_is_left(site: Site, directly: str) -> None:
    """Raise AssertionError for a connection that is still lent, or a transaction still open."""
    pool: Any = (await site.engine()).pool
    assert pool.checkedout() == 0
    async with asyncio.timeout(5):
        while (await fetch(directly, [OURS]))[0][0]:  # noqa: ASYNC110, it is in a database
            await asyncio.sleep(0.05)


async def ensure_recovered(ann: Member) -> None:
    """All lines that were lost are replaced by the second request at the latest."""
    answers = [await ask for _ in range(2) for ask in (enter(ann), ann.get("/me"))]
    assert [answer.status_code for answer in answers[-2:]] == [201, 200]


async def test_on_a_line_that_swallows_everything_nobody_waits_for_ever(
    ann: Member, proxy: Proxy, postgresql: str
) -> None:
    proxy.swallow()
    for _ in range(2):
        asked = [elsewhere(within(BOUND, ask)) for ask in (enter(ann), ann.get("/me"))]
        assert all(map(is_busy, await asyncio.gather(*asked)))
    proxy.heal()
    await ensure_recovered(ann)
    await ensure_nothing_is_left(ann.site, postgresql)


async def test_where_nobody_gives_up_a_line_a_request_hangs(
    proxy: Proxy, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without a time of our own, only the limit of the whole request ends it."""
    told = Sessions.for_asyncpg

    def patient(sessions: Sessions, **more: str) -> dict[str, Any]:
        return {**told(sessions, **more), "command_timeout": None}

    monkeypatch.setattr(Sessions, "for_asyncpg", patient)
    async with Site(proxy.url, keys, **SHORT) as site:
        ann = await site.join("ann")
        await ann.hold()
        proxy.swallow()
        with pytest.raises(TimeoutError):
            await within(BOUND, enter(ann))
        proxy.heal()


@pytest.mark.parametrize("key", ["a-key", None])
async def test_a_commit_whose_answer_is_lost_is_not_done_twice(
    ann: Member, proxy: Proxy, postgresql: str, key: str | None
) -> None:
    before = await copies(postgresql)
    proxy.commits_lost = 1
    answer = await enter(ann, key)
    if key:  # asked again by ourselves, and found
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert answer.status_code == 201
    else:
        assert is_busy(answer)
        assert answer.json()["code"] == "unsettled"
    await ensure_recovered(ann)
    assert await copies(postgresql) == before + 1 + 2
    await ensure_nothing_is_left(ann.site, postgresql)


async def test_where_a_lost_answer_counts_as_a_refusal_the_effect_is_there_twice(
    ann: Member, proxy: Proxy, postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: every Busy is tried anew."""
    monkeypatch.setattr(routes, "Unsettled", Never)
    before = await copies(postgresql)
    proxy.commits_lost = 1
    assert (await enter(ann)).status_code == 201
    assert await copies(postgresql) == before + 2


async def test_an_answer_that_never_comes_is_found_by_its_key(
    ann: Member, proxy: Proxy, postgresql: str
) -> None:
    before = await copies(postgresql)
    proxy.commits_swallowed = 1
    answer = await within(BOUND, enter(ann, "a-key"))
    assert is_busy(answer)
    assert answer.json()["code"] == "unsettled"
    assert await copies(postgresql) == before + 1
    again = await enter(ann, "a-key")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert await copies(postgresql) == before + 1
    await ensure_nothing_is_left(ann.site, postgresql)


@pytest.mark.parametrize("how", ["cut", "reset"])
async def test_lines_that_end_at_any_moment_cost_one_answer_at_most(
    ann: Member, proxy: Proxy, postgresql: str, how: str
) -> None:
    told: Counter[int] = Counter()
    before, end = await copies(postgresql), getattr(proxy, how)
    for step in range(20):
        asked = [elsewhere(enter(ann, f"key-{step}")), elsewhere(ann.get("/me"))]
        await asyncio.sleep(step / 1000)
        end()
        answers = await asyncio.gather(*asked)
        told.update(answer.status_code for answer in answers)
        assert all(answer.is_success or is_busy(answer) for answer in answers)
    for step in range(20):
        assert (await enter(ann, f"key-{step}")).status_code == 201
    assert await copies(postgresql) == before + 20
    await ensure_nothing_is_left(ann.site, postgresql)


@pytest.mark.parametrize("fault", [{"latency": 0.01}, {"dribbling": True}])
async def test_slow_lines_are_only_slow(ann: Member, proxy: Proxy, fault: dict[str, Any]) -> None:
    vars(proxy).update(fault)
    begun = monotonic()
    assert (await enter(ann)).status_code == 201
    assert (await ann.get("/me")).status_code == 200
    assert monotonic() - begun < 2 * BOUND
