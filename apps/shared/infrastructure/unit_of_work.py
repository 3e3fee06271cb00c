"""The unit of work in SQL: the one place that commits, and that understands database errors."""

import sqlite3
from asyncio import Semaphore, shield, timeout
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from apps.shared.application.meters import Meters
from apps.shared.application.outbox import Outbox
from apps.shared.application.work import Bus, ChangedMeanwhile, UnitOfWork
from apps.shared.domain.errors import Busy, DomainError
from apps.shared.infrastructure.current import Current, Transaction
from apps.shared.infrastructure.database import REFUSALS, WRITING, driver_connection

PATIENCE = 5.0
"""Seconds that a unit of work waits for its turn."""

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT, CANCELED = "40001", "40P01", "55P03", "57014"
PASSING = {SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT, CANCELED}
CONNECTION_FAILURES = ("08", "53", "57P")
"""SQLSTATE classes of a server that is gone, full or going down."""


class Turnstile:
    """As many units of work as there are connections; on SQLite one, for it has one writer."""

    def __init__(self, engine: AsyncEngine, meters: Meters, *, pool_size: int) -> None:
        self._meters = meters
        self._free = Semaphore(1 if engine.dialect.name == "sqlite" else pool_size)

    async def enter(self) -> None:
        """Wait for a turn; raise Busy when it takes too long."""
        if not self._free.locked():
            _ = await self._free.acquire()
            return
        try:
            with self._meters.waiting("turnstile"):
                async with timeout(PATIENCE):
                    _ = await self._free.acquire()
        except TimeoutError as late:
            raise Busy(reason="turnstile") from late

    def leave(self) -> None:
        """Let the next one in."""
        self._free.release()


class SqlUnitOfWork(UnitOfWork):
    """A task's outermost `async with` opens a session of its own, and the inner ones share it."""

    def __init__(
        self,
        engine: AsyncEngine,
        turnstile: Turnstile,
        current: Current,
        bus: Bus,
        outbox: Outbox,
    ) -> None:
        self._engine = engine
        self._turnstile = turnstile
        self._current = current
        self._bus = bus
        self._outbox = outbox

    async def __aenter__(self) -> Self:
        if outer := self._current.find():
            outer.depth += 1
            return self
        await self._turnstile.enter()
        session = AsyncSession(self._engine, expire_on_commit=False)
        try:
            with domain_words():
                connection = await self._connect(session)
        except BaseException:
            await self._close(session)
            raise
        self._current.begin(session, connection)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        transaction = self._current.transaction
        transaction.doomed |= error is not None
        try:
            with domain_words():
                if error is not None:
                    raise error
                if transaction.depth == 1:
                    await self._complete(transaction)
        finally:
            transaction.depth -= 1
            if transaction.depth == 0:
                self._current.end()
                await self._close(transaction.session)
        if transaction.depth == 0:  # kept, for nothing was raised; others may have their turn
            await self._bus.announce(transaction.told)

    async def _connect(self, session: AsyncSession) -> Any:
        try:
            connection = await session.connection(execution_options=WRITING)
        except OSError as unreachable:  # what asyncpg raises when the server is not there
            raise Busy from unreachable
        return driver_connection(connection)

    async def _complete(self, transaction: Transaction) -> None:
        if transaction.doomed:
            raise RuntimeError("A step inside this unit of work failed; nothing was saved.")
        while news := [
            event for each in list(transaction.changed.values()) for event in each.release()
        ]:
            for event in news:
                await self._bus.publish(event)
            transaction.told += news
        if transaction.told:
            await transaction.flush()  # what has changed is locked from here on
            await self._bus.conclude(transaction.told)
            await self._outbox.keep(transaction.told)
        await transaction.session.commit()

    async def _close(self, session: AsyncSession) -> None:
        """Roll back first: a COMMIT that failed leaves SQLite inside the transaction."""
        try:
            await shield(_roll_back(session))
        finally:
            self._turnstile.leave()


async def _roll_back(session: AsyncSession) -> None:
    async with session:
        await session.rollback()


@contextmanager
def domain_words() -> Iterator[None]:
    """Let no failure of the database out that the domain has a word for."""
    try:
        yield
    except (DBAPIError, StaleDataError) as failure:
        if refusal := meaning(failure):
            raise refusal from failure
        raise


def meaning(failure: DBAPIError | StaleDataError) -> DomainError | None:
    """Return what the database complains of, or None where the fault is ours."""
    if isinstance(failure, StaleDataError):
        return ChangedMeanwhile()
    if isinstance(failure, IntegrityError):
        refusal = REFUSALS.get(violated(failure.orig))
        return refusal() if refusal else None
    state = getattr(failure.orig, "sqlstate", None) or ""
    busy = getattr(failure.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    gone = failure.connection_invalidated or state.startswith(CONNECTION_FAILURES)
    return Busy() if busy or gone or state in PASSING else None


def violated(origin: BaseException | None) -> str:
    """Return the constraint that was broken, as the database names it (see REFUSALS)."""
    name: str | None = getattr(getattr(origin, "__cause__", None), "constraint_name", None)
    return name or str(origin).partition(" constraint failed: ")[2]
