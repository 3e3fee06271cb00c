"""The drivers that answer questions outside of any transaction."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from inspect import signature
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL, Dialect, make_url

from apps.shared.application.readiness import SchemaMissing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.database import LOCK_PATIENCE_MS, server_settings
from apps.shared.infrastructure.reads import Driver

PATIENCE = 5.0
"""Seconds that a question waits for a connection."""

CONNECT = signature(asyncpg.connect).parameters.keys()
"""What the driver itself understands; the rest of a URL's options are SQLAlchemy's."""

UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
)


async def open_driver(url: str, *, pool_size: int = 10) -> Driver:
    """Return a driver that connects when it is first asked."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return SqliteDriver(target)
    dialect = target.get_dialect()()
    _, where = dialect.create_connect_args(target)  # read as the engine reads it, `ssl` included
    pool = await asyncpg.create_pool(
        **{name: value for name, value in where.items() if name in CONNECT},
        min_size=0,
        max_size=pool_size,
        init=_decode_json,
        reset=_leave_as_is,
        server_settings=server_settings(default_transaction_read_only="on"),
    )
    return AsyncpgDriver(pool, dialect)


class AsyncpgDriver(Driver):
    """A pool beside that of the units of work, so that waiting writers keep no reader waiting."""

    def __init__(self, pool: Any, dialect: Dialect) -> None:
        self.dialect = dialect
        self._pool = pool

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Send one statement in autocommit, prepared once per connection."""
        try:
            async with self._pool.acquire(timeout=PATIENCE) as connection:
                rows: Iterable[Iterable[Any]] = await connection.fetch(sql, *values)
        except UNREACHABLE as failure:
            raise Busy from failure
        except asyncpg.UndefinedTableError as failure:
            raise SchemaMissing from failure
        return rows

    async def close(self) -> None:
        """Close the pool, waiting for questions under way."""
        await self._pool.close()


async def _decode_json(connection: Any) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )


async def _leave_as_is(_: Any) -> None:
    """A SELECT leaves nothing behind that was worth a round trip to reset."""


class SqliteDriver(Driver):
    """One read-only connection of the standard library, on a thread of its own."""

    def __init__(self, url: URL) -> None:
        self.dialect: Dialect = url.get_dialect()()
        self._file = Path(url.database or "").absolute()
        self._thread = ThreadPoolExecutor(1, "sqlite-reads")
        self._connections: list[sqlite3.Connection] = []

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Hop to the thread once, there and back."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._fetch, sql, values)
        except sqlite3.OperationalError as failure:
            if not self._file.exists():
                raise SchemaMissing from failure
            passing = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
            if failure.sqlite_errorcode & 0xFF in passing:
                raise Busy from failure
            if "no such table" in str(failure):
                raise SchemaMissing from failure
            raise

    async def close(self) -> None:
        """Close the connection on the thread that opened it."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def _fetch(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not self._connections:
            self._connections.append(
                sqlite3.connect(
                    f"{self._file.as_uri()}?mode=ro",
                    uri=True,
                    isolation_level=None,
                    timeout=LOCK_PATIENCE_MS / 1000,
                )
            )
        return self._connections[0].execute(sql, values).fetchall()

    def _disconnect(self) -> None:
        while self._connections:
            self._connections.pop().close()
