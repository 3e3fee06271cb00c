"""Questions go to the open unit of work if there is one, and straight to the driver if not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Dialect

from apps.shared.application.pages import Page
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question

FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)
"""Every id lies between them; where a list starts that nobody has paged in yet."""


class Driver(Protocol):
    """Connections in autocommit; each statement sees what is committed when it starts."""

    dialect: Dialect

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Return all rows of a SELECT; raise Busy where nobody can answer, or SchemaMissing."""
        ...

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Send one statement that may change rows, kept when it is answered; raise likewise."""
        ...

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        """Do the same on a connection of the engine, as part of what goes on there."""
        ...

    def pools(self) -> Mapping[str, tuple[int, int]]:
        """Return how many connections are lent and how many there may be, by what they are for."""
        return {}

    async def close(self) -> None:
        """Give every connection back."""
        ...


class Reads:
    """Answers in named tuples, with values of the very types that SQLAlchemy gives."""

    def __init__(self, driver: Driver, current: Current) -> None:
        self._driver = driver
        self._current = current

    async def __call__(self, question: Question, /, **given: Any) -> list[Any]:
        """Ask with these values in place of the `bindparam`s."""
        plan = question.plan(self._driver.dialect)
        words = plan.bind(given)
        if transaction := self._current.find():
            await transaction.flush()  # or a command would not see what it has changed
            rows = await self._driver.fetch_on(transaction.connection, *words)
        else:
            rows = await self._driver.fetch(*words)
        return plan.read(rows)

    async def newest_first(
        self, question: Question, /, *, after: str | None, limit: int, **given: Any
    ) -> Page[Any]:
        """Ask for one page by descending id; the question takes `before` and `limit`."""
        before = UUID(after) if after else LAST_ID
        rows = await self(question, before=before, limit=limit + 1, **given)
        return Page.cut(rows, limit=limit, key=lambda row: row.id)

    async def oldest_first(
        self, question: Question, /, *, after: str | None, limit: int, **given: Any
    ) -> Page[Any]:
        """Ask for one page by ascending id; the question takes `behind` and `limit`."""
        behind = UUID(after) if after else FIRST_ID
        rows = await self(question, behind=behind, limit=limit + 1, **given)
        return Page.cut(rows, limit=limit, key=lambda row: row.id)
