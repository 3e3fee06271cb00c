"""The driver that answers questions on SQLite, beside the units of work."""

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Dialect

from apps.shared.application.readiness import SchemaMissing
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.database import SQLITE_PRAGMAS
from apps.shared.infrastructure.reads import Driver


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
