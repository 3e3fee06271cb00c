"""The drivers that answer questions outside of any transaction."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any, Literal

import asyncpg
from sqlalchemy import URL, Dialect, make_url

from apps.shared.application.readiness import SchemaMissing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.database import SQLITE_PRAGMAS, server_settings
from apps.shared.infrastructure.reads import Driver

PATIENCE = 5.0
"""Seconds that a question waits for a connection."""

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


async def open_driver(url: str, *, pool_size: int = 20) -> Driver:
    """Return a driver that connects when it is first asked."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return SqliteDriver(target)
    return AsyncpgDriver(target, pool_size=pool_size)


async def open_probe(url: str) -> Driver:
    """Return one that holds one connection at most, and none to a file that may be replaced."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return SqliteDriver(target, kept=False)
    return AsyncpgDriver(target, pool_size=1)


class AsyncpgDriver(Driver):
    """Connections beside those of units of work, so that waiting writers keep no reader waiting."""

    def __init__(self, url: URL, *, pool_size: int) -> None:
        self.dialect: Dialect = url.get_dialect()()
        known = known_by_asyncpg(url)
        reading = server_settings(default_transaction_read_only="on")
        self._readers = Stack(known, reading, size=pool_size)
        self._writers = Stack(known, server_settings(), size=pool_size)

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Send one statement in autocommit, prepared once per connection."""
        with _told_by_asyncpg():
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
            rows: Iterable[Iterable[Any]] = await connection.fetch(sql, *values)
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

    def __init__(self, where: Mapping[str, Any], settings: dict[str, str], *, size: int) -> None:
        self._where = where
        self._settings = settings
        self._size = size
        self._room = asyncio.Semaphore(size)
        self._free: list[Any] = []
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
            async with asyncio.timeout(PATIENCE):
                await self._room.acquire()
        except TimeoutError as late:
            raise Busy(reason="connections") from late

    async def close(self) -> None:
        """Close all of them once they are back."""
        for _ in range(self._size):
            await self._room.acquire()
        while self._free:
            await self._free.pop().close()

    async def _fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        connection = await self._take()
        self._lent.add(connection)
        try:
            rows: Iterable[Iterable[Any]] = await connection.fetch(sql, *values)
        except asyncpg.PostgresError:
            self._free.append(connection)  # it told what was wrong, and waits for the next one
            raise
        except BaseException:
            connection.terminate()
            raise
        finally:
            self._lent.discard(connection)
        self._free.append(connection)
        return rows

    async def _take(self) -> Any:
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
        connection = await asyncpg.connect(
            **self._where, timeout=PATIENCE, server_settings=self._settings
        )
        for kind in ("json", "jsonb"):
            await connection.set_type_codec(
                kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
            )
        return connection


@contextmanager
def _told_by_asyncpg() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as failure:
        raise Busy from failure
    except asyncpg.UndefinedTableError as failure:
        raise SchemaMissing from failure


class SqliteDriver(Driver):
    """One connection for questions and one for changes, each on a thread of its own."""

    def __init__(self, url: URL, *, kept: bool = True) -> None:
        self.dialect: Dialect = url.get_dialect()()
        self._file = Path(url.database or "").absolute()
        self._reader = Thread(self._file, "ro", kept=kept)
        self._writer = Thread(self._file, "rw", kept=kept)

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Hop to the thread once, there and back."""
        with self._told_by_sqlite():
            return await self._reader.fetch(sql, values)

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Do the same on the connection that can write."""
        with self._told_by_sqlite():
            return await self._writer.fetch(sql, values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        """Hop to the thread of that connection once."""
        with self._told_by_sqlite():
            rows: Iterable[Iterable[Any]] = await connection.execute_fetchall(sql, values)
        return rows

    async def close(self) -> None:
        """Close both connections."""
        await self._reader.close()
        await self._writer.close()

    @contextmanager
    def _told_by_sqlite(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as failure:
            if not self._file.exists():
                raise SchemaMissing from failure
            passing = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
            if failure.sqlite_errorcode & 0xFF in passing:
                raise Busy from failure
            if "no such table" in str(failure):
                raise SchemaMissing from failure
            raise


class Thread:
    """A connection of the standard library, on the thread that opened it.

    Unless it is kept, each statement has one of its own, to the file that is there by then.
    """

    def __init__(self, file: Path, mode: Literal["ro", "rw"], *, kept: bool) -> None:
        self._address = f"{file.as_uri()}?mode={mode}"
        self._kept = kept
        self._thread = ThreadPoolExecutor(1, f"sqlite-{mode}")
        self._connections: list[sqlite3.Connection] = []

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Send one statement in autocommit, and wait for it elsewhere."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._fetch, sql, values)

    async def close(self) -> None:
        """Close the connection where it was opened."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def _fetch(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not self._connections:
            connection = sqlite3.connect(self._address, uri=True, isolation_level=None)
            for pragma in SQLITE_PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            self._connections.append(connection)
        try:
            return self._connections[0].execute(sql, values).fetchall()
        finally:
            if not self._kept:
                self._disconnect()

    def _disconnect(self) -> None:
        while self._connections:
            self._connections.pop().close()
