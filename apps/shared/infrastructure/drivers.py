"""The drivers that answer questions outside of any transaction."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from inspect import signature
from time import monotonic
from typing import Any

import asyncpg
from sqlalchemy import URL, Dialect, make_url

from apps.shared.application.readiness import SchemaMissing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.database import PROBING, SINGLE, USUAL, end_at_once
from apps.shared.infrastructure.reads import Driver
from apps.shared.infrastructure.sessions import Sessions
from apps.shared.infrastructure.sqlite_driver import SqliteDriver

CONNECT = signature(asyncpg.connect).parameters.keys()
"""What the driver itself understands; the rest of a URL's options are SQLAlchemy's."""

UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
)

GOODBYE_S = 1.0
"""Seconds that a server has to hear that a connection is closed."""

LOST = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # half an answer, and then the end
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
"""What is told of a connection that ended; the next one may be as good as ever."""


async def open_driver(url: str, *, pool_size: int = 20, sessions: Sessions = USUAL) -> Driver:
    """Return a driver that connects when it is first asked."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return SqliteDriver(target)
    return AsyncpgDriver(target, pool_size=pool_size, sessions=sessions)


async def open_probe(url: str, *, sessions: Sessions = USUAL) -> Driver:
    """Return one that holds one connection at most, and none to a file that may be replaced."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return SqliteDriver(target, kept=False)
    return AsyncpgDriver(target, pool_size=PROBING, sessions=sessions)


class AsyncpgDriver(Driver):
    """Connections beside those of units of work, so that waiting writers keep no reader waiting."""

    def __init__(self, url: URL, *, pool_size: int, sessions: Sessions) -> None:
        self.dialect: Dialect = url.get_dialect()()
        known = known_by_asyncpg(url)
        reading = sessions.for_asyncpg(default_transaction_read_only="on")
        self._readers = Stack(known | reading, sessions, size=pool_size)
        self._writers = Stack(known | sessions.for_asyncpg(), sessions, size=SINGLE)

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Send one statement in autocommit, prepared once per connection.

        A question changes nothing, so where its connection ends it is asked once more.
        """
        with _told_by_asyncpg():
            try:
                return await self._readers.fetch(sql, values)
            except LOST:
                return await self._readers.fetch(sql, values)

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Do the same on a connection that can write."""
        with _told_by_asyncpg():
            return await self._writers.fetch(sql, values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        """Send one statement of a unit of work."""
        with _told_by_asyncpg():
            try:
                rows: Iterable[Iterable[Any]] = await connection.fetch(sql, *values)
            except OSError:
                end_at_once(connection)
                raise
        return rows

    def pools(self) -> Mapping[str, tuple[int, int]]:
        """Tell of both stacks."""
        return {"questions": self._readers.usage, "changes": self._writers.usage}

    async def close(self) -> None:
        """Close all connections, waiting for what is under way."""
        await self._readers.close()
        await self._writers.close()


def known_by_asyncpg(url: URL) -> dict[str, Any]:
    """Return where to connect to, as the engine reads it, `ssl` included."""
    _, where = url.get_dialect()().create_connect_args(url)
    return {name: value for name, value in where.items() if name in CONNECT}


class Stack:
    """Connections of one kind, the last one used on top.

    asyncpg has a pool of its own, but lending a connection and shielding its return takes that
    about as long as a question.
    """

    def __init__(self, where: Mapping[str, Any], sessions: Sessions, *, size: int) -> None:
        self._where = where
        self._sessions = sessions
        self._size = size
        self._room = asyncio.Semaphore(size)
        self._free: list[tuple[Any, float]] = []
        self._lent: set[Any] = set()

    @property
    def usage(self) -> tuple[int, int]:
        """How many connections are lent, and how many there may be."""
        return len(self._lent), self._size

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Send one statement on the next connection there is."""
        if self._room.locked():
            await self._wait()
        else:
            await self._room.acquire()
        try:
            return await self._fetch(sql, values)
        finally:
            self._room.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._sessions.turn_s):
                await self._room.acquire()
        except TimeoutError as late:
            raise Busy(reason="connections") from late

    async def close(self) -> None:
        """Close all of them once they are back."""
        for _ in range(self._size):
            await self._room.acquire()
        while self._free:
            connection, _ = self._free.pop()
            await _part_from(connection)

    async def _fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        connection, born = await self._take()
        self._lent.add(connection)
        try:
            rows: Iterable[Iterable[Any]] = await connection.fetch(sql, *values)
        except asyncpg.PostgresError:
            self._free.append((connection, born))  # it told what was wrong, and waits for the next
            raise
        except BaseException as silence:
            end_at_once(connection)
            if isinstance(silence, TimeoutError):
                self._forget()
            raise
        finally:
            self._lent.discard(connection)
        self._free.append((connection, born))
        return rows

    async def _take(self) -> tuple[Any, float]:
        oldest = monotonic() - self._sessions.recycle_s
        while self._free:
            connection, born = self._free.pop()
            if connection.is_closed():
                continue
            if born > oldest:
                return connection, born
            await _part_from(connection)
        connection = await asyncpg.connect(**self._where)
        try:
            for kind in ("json", "jsonb"):
                await connection.set_type_codec(
                    kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
                )
        except BaseException:
            end_at_once(connection)
            raise
        return connection, monotonic()

    def _forget(self) -> None:
        """Part from all that are free: they are on the same line as one that gave no answer."""
        while self._free:
            connection, _ = self._free.pop()
            end_at_once(connection)


async def _part_from(connection: Any) -> None:
    """Say goodbye, though not for long."""
    with suppress(*UNREACHABLE):
        await connection.close(timeout=GOODBYE_S)


@contextmanager
def _told_by_asyncpg() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as failure:
        raise Busy from failure
    except asyncpg.UndefinedTableError as failure:
        raise SchemaMissing from failure
