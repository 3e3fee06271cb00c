"""A site whose statements can be weakened: a condition in one of them holds for everybody."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dishka import Provider, Scope
from sqlalchemy import event

from apps.shared.infrastructure.reads import Driver
from tests.support.site import Site

OWNED = re.compile(
    r"\b\w+\.(?:owner_id|member_id|user_id|giver_id|author_id) = (?:\?|\$\d+(?:::\w+)?)"
)
BLOCKED = re.compile(r"NOT \(EXISTS \(SELECT \*\s+FROM blocks AS \w+\s+WHERE \w+\.\w+ = [\w.?$]+")


@dataclass
class Weakness:
    """One condition to be done without, as it is written; `seen` are all that were sent."""

    condition: str | None = None
    seen: set[str] = field(default_factory=set)

    def __call__(self, sql: str) -> str:
        self.seen |= {*OWNED.findall(sql), *BLOCKED.findall(sql)}
        if self.condition is None or self.condition not in sql:
            return sql
        if self.condition.startswith("NOT (EXISTS"):
            weak = self.condition.replace("NOT (", "NOT (1 = 0 AND ", 1)
        else:
            weak = f"({self.condition} OR 1 = 1)"
        return sql.replace(self.condition, weak)


class WeakDriver(Driver):
    """Sends what is left of a question."""

    def __init__(self, driver: Driver, site: "WeakSite") -> None:
        self.dialect = driver.dialect
        self._driver = driver
        self._site = site

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        return await self._driver.fetch(self._site.weakened(sql), values)

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        return await self._driver.change(self._site.weakened(sql), values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        return await self._driver.fetch_on(connection, self._site.weakened(sql), values)

    async def close(self) -> None:
        await self._driver.close()


class WeakSite(Site):
    """Is like any other site, but for a while."""

    def __init__(self, url: str, keys: Path, *overrides: Provider, **settings: Any) -> None:
        self._weakness: Weakness | None = None
        weak = Provider(scope=Scope.APP)
        weak.decorate(self._weak, provides=Driver)
        super().__init__(url, keys, weak, *overrides, **settings)

    def _weak(self, driver: Driver) -> Driver:
        return WeakDriver(driver, self)

    async def listen(self) -> None:
        """Weaken what units of work send, too."""
        engine = (await self.engine()).sync_engine
        event.listen(engine, "before_cursor_execute", self._rewritten, retval=True)

    def _rewritten(self, *call: Any) -> tuple[str, Any]:
        return self.weakened(call[2]), call[3]

    def weakened(self, sql: str) -> str:
        return self._weakness(sql) if self._weakness else sql

    @contextmanager
    def by(self, weakness: Weakness) -> Iterator[None]:
        self._weakness = weakness
        try:
            yield
        finally:
            self._weakness = None
