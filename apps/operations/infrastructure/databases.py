"""Databases looked at as a whole, on PostgreSQL and on SQLite alike."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from asyncpg import PostgresError
from sqlalchemy import (
    URL,
    Connection,
    NullPool,
    String,
    column,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from apps.operations.application.backups import BackupImpossible, Database, Tell
from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.application.keep_schema import CannotMigrate
from apps.operations.application.schema import CannotCompare, differences
from apps.operations.domain.backup import Contents, Dialect
from apps.operations.infrastructure.schemas import catalog_of, migrated
from apps.operations.infrastructure.servers import dialect_of
from apps.shared.infrastructure.feed import take_over
from apps.shared.infrastructure.outbox import OUTBOX
from apps.shared.infrastructure.sessions import APPLICATION

Check = Callable[[AsyncEngine], CheckInvariants]
"""Builds the check of all invariants over a database."""

UNLIMITED = {
    "application_name": APPLICATION,
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
"""Counting takes its time, and whoever holds a snapshot waits for a dump."""

UNREACHABLE = (OSError, PostgresError, SQLAlchemyError)
"""What connecting may fail with."""

NAMES: Mapping[str, str] = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


class SqlDatabase(Database):
    """What is the same on both."""

    def __init__(self, url: URL, check: Check) -> None:
        self._url = url
        self._url_in_full = url.render_as_string(hide_password=False)
        self._check = check
        self.dialect: Dialect = dialect_of(self._url_in_full)

    async def contents(self, tell: Tell) -> Contents:
        """Look at one table after the other."""
        async with connected(self._url) as connection:
            return await self.seen_by(connection, tell)

    async def seen_by(self, connection: AsyncConnection, tell: Tell) -> Contents:
        """Look with this connection; the tables that it has looked at cannot change meanwhile."""
        rows = await connection.run_sync(rows_of, tell)
        with told_plainly(CannotCompare):
            items = await asyncio.to_thread(catalog_of, self._url_in_full)
        kinds = dict(Counter(item.kind for item in items))
        return await connection.run_sync(contents_of, rows, kinds)

    async def drift(self) -> Sequence[str]:
        """Migrate another scratch database, and compare."""
        with told_plainly(CannotCompare, CannotMigrate):
            return await asyncio.to_thread(drift_of, self._url_in_full)

    async def broken(self) -> Mapping[str, int]:
        """Ask the check that operators ask."""
        engine = open_patient_engine(self._url)
        try:
            with told_plainly(*UNREACHABLE):
                return await self._check(engine)()
        finally:
            await engine.dispose()

    async def take_over(self) -> None:
        """Number the events anew, as `kcs events renumber` does."""
        async with (
            connected(self._url) as connection,
            AsyncSession(connection) as session,
            session.begin(),
        ):
            await take_over(session)


@asynccontextmanager
async def connected(url: URL, **options: str) -> AsyncIterator[AsyncConnection]:
    """Lend a connection that nobody else uses; raise BackupImpossible."""
    engine = open_patient_engine(url, **options)
    async with AsyncExitStack() as on:
        on.push_async_callback(engine.dispose)
        with told_plainly(*UNREACHABLE):
            connection = await on.enter_async_context(engine.connect())
        with told_plainly(SQLAlchemyError):
            yield connection


def open_patient_engine(url: URL, **options: str) -> AsyncEngine:
    """Open one that waits for answers as long as it takes, and keeps no connection."""
    told = {} if url.get_backend_name() == "sqlite" else {"server_settings": UNLIMITED}
    return create_async_engine(
        url, poolclass=NullPool, hide_parameters=True, connect_args=told, **options
    )


@contextmanager
def told_plainly(*failures: type[Exception]) -> Iterator[None]:
    """Say in a line that the database did not do what it was asked."""
    try:
        yield
    except failures as failure:
        raise BackupImpossible("The database does not answer as it should.") from failure


def drift_of(url: str) -> list[str]:
    """Tell each difference from what the migrations make, on the same server."""
    dialect = dialect_of(url)
    with migrated(dialect, url if dialect == "postgresql" else None) as fresh:
        found = differences(catalog_of(fresh), catalog_of(url), lambda _: "")
    return [
        f"{each.item}: {told(each.found)} where the migrations make {told(each.expected)}."
        for each in found
    ]


def told(text: str | None) -> str:
    """Write what a database says of something, which may be that it is there."""
    return "none" if text is None else text or "one"


def rows_of(connection: Connection, tell: Tell) -> Mapping[str, int]:
    """Count the rows of each table, as this connection sees them."""
    rows, names = {}, sorted(inspect(connection).get_table_names())
    for done, name in enumerate(names, start=1):
        rows[name] = connection.scalar(select(func.count()).select_from(table(name))) or 0
        tell("Counting rows", done, len(names))
    return rows


def contents_of(
    connection: Connection, rows: Mapping[str, int], schema: Mapping[str, int]
) -> Contents:
    """Add what there is to be known beside."""
    revision = last = None
    if "alembic_version" in rows:
        version = select(column("version_num", String)).select_from(table("alembic_version"))
        revision = connection.scalar(version)
    if OUTBOX.name in rows:
        order = (OUTBOX.c.tx.desc(), OUTBOX.c.position.desc())
        newest = select(OUTBOX.c.tx, OUTBOX.c.position).order_by(*order).limit(1)
        last = connection.execute(newest).first()
    number = ".".join(map(str, connection.dialect.server_version_info or ()))
    return Contents(
        dialect="postgresql" if connection.dialect.name == "postgresql" else "sqlite",
        server=f"{NAMES[connection.dialect.name]} {number}",
        revision=revision,
        rows=rows,
        schema=schema,
        last_event=(last.tx, last.position) if last else (0, 0),
    )
