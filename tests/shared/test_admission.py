"""No more requests inside than there are connections for; the others wait in front."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import Response

from apps.settings import Settings
from tests.support.laboratory import commanding
from tests.support.site import Member, Site, elsewhere

ROOM = 2


class Gate:
    """Whoever comes waits until it is opened."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.opened = asyncio.Event()
        self.full = asyncio.Event()

    async def pass_through(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside == ROOM:
            self.full.set()
        try:
            await self.opened.wait()
        finally:
            self.inside -= 1


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def ann(sqlite: str, keys: Path, gate: Gate) -> AsyncIterator[Member]:
    async with Site(sqlite, keys, max_concurrency=ROOM) as site:
        site.app.include_router(commanding(gate.pass_through))
        yield await site.join("ann")


async def knock(ann: Member) -> Response:
    """Go to the gate with a question, for commands are also kept apart by their units of work."""
    headers = {"Authorization": f"Bearer {ann.token}"}
    return await ann.site.client.get("/laboratory/commands", headers=headers)


def test_there_is_a_connection_of_each_kind_for_everybody_inside() -> None:
    settings = Settings()
    pools = {settings.db_pool_size, settings.db_reader_pool_size}
    assert min(pools) >= settings.max_concurrency


async def test_those_for_whom_there_is_no_room_wait_and_are_served(ann: Member, gate: Gate) -> None:
    visits = [elsewhere(knock(ann)) for _ in range(5 * ROOM)]
    await gate.full.wait()
    gate.opened.set()
    answers = await asyncio.gather(*visits)
    assert [answer.status_code for answer in answers] == [200] * len(visits)
    assert gate.most == ROOM


async def test_who_waits_too_long_is_asked_to_come_back(
    sqlite: str, keys: Path, gate: Gate
) -> None:
    async with Site(sqlite, keys, max_concurrency=ROOM, db_pool_timeout_s=0.01) as site:
        site.app.include_router(commanding(gate.pass_through))
        await ensure_turned_away(await site.join("ann"), gate)


async def ensure_turned_away(ann: Member, gate: Gate) -> None:
    visits = [elsewhere(knock(ann)) for _ in range(ROOM)]
    await gate.full.wait()
    turned_away = await ann.get("/me")
    told = turned_away.json()
    assert (turned_away.status_code, told["code"]) == (503, "busy")
    assert turned_away.headers["Retry-After"] == "1"
    assert told["request_id"] == turned_away.headers["X-Request-Id"]
    assert turned_away.headers["Content-Type"] == "application/problem+json"
    gate.opened.set()
    assert [answer.status_code for answer in await asyncio.gather(*visits)] == [200] * ROOM
    assert (await ann.get("/me")).status_code == 200


async def test_whether_the_process_lives_can_be_asked_at_any_time(ann: Member, gate: Gate) -> None:
    visits = [elsewhere(knock(ann)) for _ in range(3 * ROOM)]
    await gate.full.wait()
    assert (await ann.site.client.get("/healthz")).status_code == 200
    gate.opened.set()
    await asyncio.gather(*visits)


async def test_whoever_breaks_off_leaves_room_behind(ann: Member, gate: Gate) -> None:
    for _ in range(3):
        gate.full.clear()
        visits = [elsewhere(knock(ann)) for _ in range(2 * ROOM)]
        await gate.full.wait()
        for visit in visits:
            visit.cancel()
        outcomes = await asyncio.gather(*visits, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    gate.opened.set()
    assert (await knock(ann)).status_code == 200


async def test_a_fault_leaves_room_behind(ann: Member) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    faulty = commanding(fail)
    ann.site.app.include_router(faulty, prefix="/faulty")
    for _ in range(2 * ROOM):
        answer = await ann.site.client.get("/faulty/laboratory/commands")
        assert answer.status_code == 500
    assert (await ann.get("/me")).status_code == 200
