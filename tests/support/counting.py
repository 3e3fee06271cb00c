"""A site that counts what it sends to the database, by both ways."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dishka import Provider, Scope
from httpx import Response
from sqlalchemy import event

from apps.shared.infrastructure.readiness import Probe
from apps.shared.infrastructure.reads import Driver
from tests.support.site import Site, Statements


class CountingDriver(Driver):
    """Notes each question before it passes it on."""

    def __init__(self, driver: Driver, statements: Statements) -> None:
        self.dialect = driver.dialect
        self._driver = driver
        self._statements = statements

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        self._statements.note(sql)
        return await self._driver.fetch(sql, values)

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        self._statements.note(sql)
        return await self._driver.change(sql, values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        self._statements.note(sql)
        return await self._driver.fetch_on(connection, sql, values)

    async def close(self) -> None:
        await self._driver.close()


class CountingSite(Site):
    """Knows what its last request sent; what begins and ends a transaction is not counted."""

    def __init__(self, url: str, keys: Path, *overrides: Provider, **settings: Any) -> None:
        self.statements = Statements()
        counting = Provider(scope=Scope.APP)
        counting.decorate(self._count, provides=Driver)
        counting.decorate(self._count_probes, provides=Probe)
        super().__init__(url, keys, counting, *overrides, **settings)

    def _count(self, driver: Driver) -> Driver:
        return CountingDriver(driver, self.statements)

    def _count_probes(self, probe: Probe) -> Probe:
        return Probe(CountingDriver(probe.driver, self.statements))

    async def watch(self) -> None:
        event.listen((await self.engine()).sync_engine, "before_cursor_execute", self._note)

    def _note(self, *call: Any) -> None:
        if not call[2].startswith(("BEGIN", "PRAGMA")):
            self.statements.note(call[2])

    async def cost(self, request: Any, *, status: int = 200) -> int:
        """How many statements this request sends."""
        self.statements.sent.clear()
        answer: Response = await request
        assert answer.status_code == status, answer.text
        return len(self.statements)


@asynccontextmanager
async def a_counting_site(url: str, keys: Path, **settings: Any) -> AsyncIterator[CountingSite]:
    async with CountingSite(url, keys, **settings) as site:
        await site.watch()
        yield site
