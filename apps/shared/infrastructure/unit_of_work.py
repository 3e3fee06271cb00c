"""The unit of work in SQL: the one place that commits, and that understands database errors."""

import sqlite3
from asyncio import Semaphore, get_running_loop, shield, timeout
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from apps.shared.application.meters import Meters
from apps.shared.application.outbox import Outbox
from apps.shared.application.work import Bus, ChangedMeanwhile, UnitOfWork
from apps.shared.domain.errors import Busy, DomainError, Unsettled
from apps.shared.infrastructure.current import Current, Transaction
from apps.shared.infrastructure.database import (
    REFUSALS,
    WRITING,
    driver_connection,
    end_at_once,
)

GOODBYE_S = 2.0
"""Seconds that the database has to roll back, until its connection is closed instead."""

SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT, CANCELED = "40001", "40P01", "55P03", "57014"
PASSING = {SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT, CANCELED}
GONE = ("08", "57P", "25P03")
"""SQLSTATEs of a server that is gone or going down, or that has closed a session that idled."""
UNABLE = ("28", "3D", "53", "58")
"""Classes of one that lets nobody in, or is full, or whose disk fails."""
FULL = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
"""What SQLite says likewise."""


class Turnstile:
    """As many units of work as there are connections; on SQLite one, for it has one writer."""

    def __init__(
        self, engine: AsyncEngine, meters: Meters, *, pool_size: int, patience: float = 4
    ) -> None:
        """Take how many seconds somebody may wait for their turn."""
        self._meters = meters
        self._free = Semaphore(1 if engine.dialect.name == "sqlite" else pool_size)
        self._patience = patience

    async def enter(self) -> None:
        """Wait for a turn; raise Busy when it takes too long."""
        if not self._free.locked():
            _ = await self._free.acquire()
            return
        try:
            with self._meters.waiting("turnstile"):
                async with timeout(self._patience):
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
                await self._close(transaction.session, transaction.connection)
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
        await transaction.flush()
        try:
            await transaction.session.commit()
        except DBAPIError as failure:
            if is_lost(failure):
                raise Unsettled from failure
            raise

    async def _close(self, session: AsyncSession, connection: Any = None) -> None:
        """Roll back first: a COMMIT that failed leaves SQLite inside the transaction."""
        try:
            await shield(_roll_back(session, connection))
        finally:
            self._turnstile.leave()


async def _roll_back(session: AsyncSession, connection: Any) -> None:
    """Do that on a connection of asyncpg within a time; a server rolls back what is cut off."""
    cutting = (
        get_running_loop().call_later(GOODBYE_S, end_at_once, connection)
        if session.get_bind().dialect.name == "postgresql" and connection is not None
        else None
    )
    try:
        with suppress(DBAPIError):  # as where the connection is gone already
            async with session:
                await session.rollback()
    finally:
        if cutting is not None:
            cutting.cancel()


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
    state = state_of(failure)
    full = getattr(failure.orig, "sqlite_errorcode", 0) & 0xFF in FULL
    passing = is_lost(failure) or state.startswith(UNABLE) or state in PASSING
    return Busy() if full or passing else None


def is_lost(failure: DBAPIError) -> bool:
    """Tell whether the connection ended, so that nobody knows what became of what was sent."""
    return failure.connection_invalidated or state_of(failure).startswith(GONE)


def state_of(failure: DBAPIError) -> str:
    """Return the SQLSTATE, if there is one."""
    return getattr(failure.orig, "sqlstate", None) or ""


def violated(origin: BaseException | None) -> str:
    """Return the constraint that was broken, as the database names it (see REFUSALS)."""
    name: str | None = getattr(getattr(origin, "__cause__", None), "constraint_name", None)
    return name or str(origin).partition(" constraint failed: ")[2]
