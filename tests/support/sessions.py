"""The sessions of a service at its PostgreSQL, as an operator sees them."""

import asyncio
from asyncio import Task
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from tests.support.catalog import connected, fetch
from tests.support.site import elsewhere

OURS = """
    SELECT pid, state FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'kcardswap'
"""


async def sessions(url: str) -> Counter[str]:
    """How many of the service's own there are, by what they do."""
    return Counter(str(state) for _, state in await fetch(url, [OURS]))


async def ensure_nothing_is_open(url: str, *, within: float) -> None:
    """Raise TimeoutError where a transaction of the service is still open after that time."""
    async with asyncio.timeout(within):
        while {*await sessions(url)} - {"idle"}:  # noqa: ASYNC110, it is in a database
            await asyncio.sleep(0.05)


@asynccontextmanager
async def held(url: str, table: str) -> AsyncIterator[None]:
    """Keep everybody else from a table."""
    holder = await connected(url)
    try:
        await holder.execute(f"BEGIN; LOCK TABLE {table}")
        yield
        await holder.execute("ROLLBACK")
    finally:
        await holder.close()


@dataclass
class Watch:
    """Looks at the sessions again and again while it is open."""

    url: str
    most: int = 0
    _task: list[Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._task.append(elsewhere(self._look()))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task[0].cancel()
        with suppress(asyncio.CancelledError):
            await self._task[0]

    async def _look(self) -> None:
        connection = await connected(self.url)
        try:
            while True:
                self.most = max(self.most, len(await connection.fetch(OURS)))
                await asyncio.sleep(0.05)
        finally:
            await connection.close()
