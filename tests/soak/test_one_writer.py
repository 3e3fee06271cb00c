"""SQLite has one writer at a time; who has to wait is not told that the database is locked."""

import asyncio
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from apps.collection.infrastructure.models import CopyModel
from apps.shared.application.meters import Meters
from apps.shared.infrastructure import database
from apps.shared.infrastructure.unit_of_work import Turnstile
from tests.support.budget import Budget, percentile
from tests.support.site import Member, Site, elsewhere

WRITERS = 64


class Rush:
    """Writers who each enter copy after copy until time is up."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.told: Counter[int] = Counter()
        self.seconds: list[float] = []
        self.locked = 0

    async def run(self, seconds: float) -> None:
        engine = (await self.site.engine()).sync_engine
        event.listen(engine, "handle_error", self._count_locked)
        members = [await self.site.join(f"writer-{number}") for number in range(WRITERS)]
        (card,) = await self.site.some_cards(1)
        body = {"card_id": str(card), "condition": "mint", "for_trade": True}
        until = monotonic() + seconds
        await asyncio.gather(*(elsewhere(self._write(each, body, until)) for each in members))

    async def _write(self, member: Member, body: object, until: float) -> None:
        while (begun := monotonic()) < until:
            answer = await member.post("/me/copies", body)
            self.told[answer.status_code] += 1
            self.seconds.append(monotonic() - begun)

    def _count_locked(self, failure: Any) -> None:
        self.locked += "database is locked" in str(failure.original_exception)


async def test_64_writers_all_get_their_turn(sqlite: str, keys: Path, budget: Budget) -> None:
    async with Site(sqlite, keys, copies_count_max=1_000_000) as site:
        rush = Rush(site)
        await rush.run(budget.of(3, 60))
        assert set(rush.told) == {201}
        assert rush.locked == 0
        assert await site.ask(select(func.count()).select_from(CopyModel)) == [rush.told[201]]
        p99 = percentile(rush.seconds, 0.99)
        budget.tell(f"{rush.told[201]} writes, 0 locked, p99 {p99} ms")


async def test_where_transactions_begin_as_readers_the_database_is_locked(
    sqlite: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: BEGIN instead of BEGIN IMMEDIATE, and nobody waits for their turn."""

    def deferred(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    def open_gate(
        turnstile: Turnstile, _: Any, meters: Meters, *, pool_size: int, patience: float
    ) -> None:
        turnstile._meters = meters  # noqa: SLF001
        turnstile._free = asyncio.Semaphore(pool_size)  # noqa: SLF001
        turnstile._patience = patience  # noqa: SLF001

    monkeypatch.setattr(database, "_begin_sqlite", deferred)
    monkeypatch.setattr(Turnstile, "__init__", open_gate)
    async with Site(sqlite, keys, copies_count_max=1_000_000) as site:
        rush = Rush(site)
        await rush.run(3)
        assert rush.locked > 0
        assert rush.told[503] > 0
