"""Parts of a unit of work that may be undone, in SQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.shared.application.work import Trial
from apps.shared.infrastructure.current import Current


class SqlTrial(Trial):
    """A savepoint, which is released or gone back to."""

    def __init__(self, current: Current) -> None:
        self._current = current

    @asynccontextmanager
    async def __call__(self, *, kept: bool) -> AsyncIterator[None]:
        """Send one statement before and one behind what is written inside."""
        async with self._current.session.begin_nested() as savepoint:
            yield
            if not kept:
                await savepoint.rollback()
