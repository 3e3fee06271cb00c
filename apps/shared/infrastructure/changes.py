"""Changes of one statement, which need no unit of work around them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.dml import ReturningUpdate

from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.database import driver_connection
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Driver
from apps.shared.infrastructure.unit_of_work import Turnstile, domain_words


class Change(Question):
    """An UPDATE that says itself which rows it may change, and returns something of them."""

    def __init__(self, update: ReturningUpdate[*tuple[Any, ...]]) -> None:
        super().__init__(update)


class Changes:
    """Sends each statement as a transaction of its own, committed when it is answered."""

    def __init__(
        self, engine: AsyncEngine, turnstile: Turnstile, current: Current, driver: Driver
    ) -> None:
        self._engine = engine
        self._turnstile = turnstile
        self._current = current
        self._driver = driver

    async def __call__(self, change: Change, /, **given: Any) -> list[Any]:
        """Make it with these values in place of the `bindparam`s; raise Busy."""
        if self._current.find():
            raise RuntimeError("This would be kept even if the open unit of work were not.")
        plan = change.plan(self._driver.dialect)
        words = plan.bind(given)
        await self._turnstile.enter()
        try:
            with domain_words():
                rows = await self._send(*words)
        finally:
            self._turnstile.leave()
        return [change.row(*plan.read(row)) for row in rows]

    async def _send(self, text: str, values: list[Any]) -> list[Any]:
        try:
            async with self._engine.connect() as connection:
                raw = driver_connection(connection)
                return list(await self._driver.fetch_on(raw, text, values))
        except OSError as unreachable:  # what asyncpg raises when the server is not there
            raise Busy from unreachable
