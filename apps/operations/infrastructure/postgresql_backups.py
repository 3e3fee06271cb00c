"""PostgreSQL dumped by pg_dump, as of a snapshot that we look at too, and loaded by pg_restore."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from apps.operations.application.backups import (
    Put,
    Snapshot,
    Take,
    TargetTaken,
    Tell,
)
from apps.operations.domain.backup import Contents
from apps.operations.infrastructure.databases import Check, SqlDatabase, connected
from apps.operations.infrastructure.postgresql_programs import Programs
from apps.operations.infrastructure.servers import SCRATCH

THINGS = text("""
    SELECT count(*) FROM (
        SELECT oid, relnamespace AS space, 'pg_class'::regclass AS catalog FROM pg_class
        UNION ALL SELECT oid, pronamespace, 'pg_proc'::regclass FROM pg_proc
    ) AS thing JOIN pg_namespace ON pg_namespace.oid = space
    WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d
        WHERE d.classid = catalog AND d.objid = thing.oid AND d.deptype = 'e')
""")
"""Tables, indexes, sequences, views and functions that are not of an extension."""


class PostgresqlDatabase(SqlDatabase):
    """One database of a server."""

    def __init__(self, url: URL, check: Check, programs: Programs) -> None:
        super().__init__(url, check)
        self._programs = programs

    @asynccontextmanager
    async def snapshot(self, room: Path, tell: Tell) -> AsyncIterator[Snapshot]:
        """Export one, and keep its transaction open for as long as it is dumped."""
        del room
        async with connected(self._url) as connection:
            _ = await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            await self._programs.ensure_as_new("pg_dump", version_of(connection))
            id = await connection.scalar(text("SELECT pg_export_snapshot()"))
            contents = await self.seen_by(connection, tell)
            yield PostgresqlSnapshot(self._url, id, contents, self._programs, tell)

    async def ensure_empty(self) -> None:
        """Look for whatever somebody may have made."""
        async with connected(self._url) as connection:
            if there := await connection.scalar(THINGS):
                raise TargetTaken(
                    f"The database {self._url.database} is not empty: {there} tables, indexes and"
                    " the like are in it. Make a new one to restore into."
                )

    async def load(self, take: Take) -> None:
        """Leave roles out of it: everything is whose database it is."""
        async with connected(self._url) as connection:
            await self._programs.ensure_as_new("pg_restore", version_of(connection))
        await self._programs.restore(self._url, take)


class PostgresqlSnapshot(Snapshot):
    """What a transaction sees that was begun for it."""

    def __init__(
        self, url: URL, id: str, contents: Contents, programs: Programs, tell: Tell
    ) -> None:
        self._url = url
        self._id = id
        self._programs = programs
        self._tell = tell
        self.contents = contents

    async def write(self, put: Put) -> None:
        """Let pg_dump see the same."""
        written = 0

        async def counted(piece: bytes) -> None:
            nonlocal written
            written += len(piece)
            await put(piece)
            self._tell("Dumping", written, None)

        await self._programs.dump(self._url, self._id, counted)


def version_of(connection: AsyncConnection) -> int:
    """Return the major version of the server."""
    return int((connection.dialect.server_version_info or (0,))[0])


@asynccontextmanager
async def a_scratch_database(
    url: URL, check: Check, programs: Programs
) -> AsyncIterator[PostgresqlDatabase]:
    """Make a database on the server of this one, and drop it."""
    name = f"{SCRATCH}{token_hex(8)}"
    try:
        await administer(url, f"CREATE DATABASE {name} TEMPLATE template0")
        yield PostgresqlDatabase(url.set(database=name), check, programs)
    finally:
        await administer(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


async def administer(url: URL, statement: str) -> None:
    """Run what cannot be part of a transaction."""
    async with connected(url, isolation_level="AUTOCOMMIT") as connection:
        await connection.execute(text(statement))
