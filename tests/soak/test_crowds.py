"""More clients than there is room for, slow statements and locks that are held (B36, B37)."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from apps.shared.application.meters import Meters
from apps.shared.infrastructure.database import USUAL
from apps.shared.infrastructure.sessions import Sessions
from apps.shared.presentation.admission import Admission
from tests.support.budget import Budget
from tests.support.catalog import execute
from tests.support.sessions import Watch, ensure_nothing_is_open, held
from tests.support.site import Member, Site, elsewhere

POOL = 5
MOST = POOL + POOL + 5
"""Connections: for changes, for questions, and for changes of one statement."""
POOLS = {"db_pool_size": POOL, "db_reader_pool_size": POOL}

HURRIED: dict[str, Any] = {"db_pool_timeout_s": 1, "db_lock_timeout_s": 0.5}


@dataclass
class Rush:
    """Clients who all come at once, for something that somebody holds."""

    ann: Member
    told: Counter[int] = field(default_factory=Counter)
    longest: float = 0
    lives: list[int] = field(default_factory=list)

    async def run(self, clients: int) -> None:
        async with held(self.ann.site.settings.database_url, "copies"):
            asking = [elsewhere(self._ask()) for _ in range(clients)]
            while not all(each.done() for each in asking):
                answer = await self.ann.site.client.get("/healthz")
                self.lives.append(answer.status_code)
                await asyncio.sleep(0.2)
            await asyncio.gather(*asking)

    async def _ask(self) -> None:
        begun = monotonic()
        answer = await self.ann.get("/me/copies")
        self.told[answer.status_code] += 1
        self.longest = max(self.longest, monotonic() - begun)
        assert answer.headers["Retry-After"] == "1"


async def test_who_finds_no_room_is_told_in_time(
    postgresql: str, keys: Path, budget: Budget
) -> None:
    clients, times = budget.of(60, 500), budget.of(HURRIED, {})
    async with Site(postgresql, keys, **POOLS, **times) as site, Watch(postgresql) as watch:
        ann = await site.join("ann")
        assert (await ann.get("/me/copies")).is_success
        rush = Rush(ann)
        await rush.run(clients)
        begun = monotonic()
        while not (await ann.get("/me/copies")).is_success:  # noqa: ASYNC110, nobody tells
            await asyncio.sleep(0.05)
        recovered = monotonic() - begun
        pool: Any = (await site.engine()).pool
        assert pool.checkedout() == 0
    assert rush.told == {503: clients}
    assert {*rush.lives} == {200}
    assert rush.longest < 4 + 2 + 4, "four of waiting, two for the lock, four of a machine in use"
    assert recovered < 5
    assert watch.most <= MOST
    budget.tell(
        f"{clients} clients, all answered 503 within {rush.longest:.1f} s, served again after"
        f" {recovered:.1f} s, {watch.most} of {MOST} connections"
    )


async def test_where_everybody_waits_for_room_they_wait_long(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: who is not turned away stands in line for the locks of all before them."""

    def patient(self: Admission, app: Any, limit: int, patience: float, meters: Meters) -> None:
        del patience
        self._app, self._meters, self._patience = app, meters, 60
        self._room = asyncio.Semaphore(limit)

    monkeypatch.setattr(Admission, "__init__", patient)
    async with Site(postgresql, keys, **POOLS, **HURRIED) as site:
        rush = Rush(await site.join("ann"))
        await rush.run(30)
    assert rush.longest > 2.5, "and each of 30 more would wait as long again"


SLOW = """
    CREATE FUNCTION sleep() RETURNS trigger AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$
    LANGUAGE plpgsql
"""
SLOWLY = "CREATE TRIGGER sleep BEFORE INSERT ON copies EXECUTE FUNCTION sleep()"
COPY = {"condition": "mint", "for_trade": True}


async def enter(ann: Member, **more: Any) -> float:
    """Ask for a copy to be entered; how many seconds it took to be told 503."""
    (card,) = await ann.site.some_cards(1)
    begun = monotonic()
    answer = await ann.post("/me/copies", COPY | {"card_id": str(card)} | more)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    return monotonic() - begun


async def test_a_slow_statement_and_a_held_lock_end_in_time(
    postgresql: str, keys: Path, budget: Budget
) -> None:
    hurried = HURRIED | {"db_statement_timeout_s": 2}
    async with Site(postgresql, keys, **budget.of(hurried, {})) as site:
        ann = await site.join("ann")
        await ann.hold()
        async with held(postgresql, "copies"):
            locked = await enter(ann)
        execute(postgresql, SLOW, SLOWLY)
        slow = await enter(ann)
        execute(postgresql, "DROP TRIGGER sleep ON copies")
        assert max(locked, slow) < 6
        pool: Any = (await site.engine()).pool
        assert pool.checkedout() == 0
        await ensure_nothing_is_open(postgresql, within=1)
        await ann.hold()
    budget.tell(f"a lock {locked:.1f} s, a slow statement {slow:.1f} s, and the next is served")


async def test_without_time_limits_they_take_as_long_as_they_take(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: sessions that begin without limits, neither the server's nor ours."""
    monkeypatch.setattr(Sessions, "limits", {})
    monkeypatch.setattr("apps.shared.infrastructure.sessions.LEEWAY_S", 60)
    assert not USUAL.limits
    async with Site(postgresql, keys) as site:
        ann = await site.join("ann")
        await ann.hold()
        execute(postgresql, SLOW, SLOWLY)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(6.5):
                await enter(ann)
