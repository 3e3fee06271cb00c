"""Databases by their URLs: what kind they are, asking them, and scratch ones beside them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from asyncpg import DuplicateDatabaseError, InvalidCatalogNameError, PostgresError
from sqlalchemy import Connection, make_url
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ArgumentError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from apps.operations.application.keep_schema import Dialect
from apps.operations.application.schema import CannotCompare

T = TypeVar("T")

quoted = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
"""Write a name as both databases take it, whatever word it is."""

VERSIONS = "alembic_version"
SCRATCH = "kcs_scratch_"
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
FAULTS = (OSError, PostgresError, SQLAlchemyError, sqlite3.Error)
"""What a database that cannot be used, or a statement that it refuses, ends in."""


def with_driver(url: str) -> str:
    """Return the URL that names the driver which we use."""
    try:
        target = make_url(url)
        driver = DRIVERS[target.get_backend_name()]
    except (ArgumentError, KeyError, ValueError):
        raise CannotCompare("Write it as sqlite:///FILE or postgresql://USER@HOST/NAME.") from None
    return target.set(drivername=driver).render_as_string(hide_password=False)


def dialect_of(url: str) -> Dialect:
    """Tell which kind of database it is."""
    return "sqlite" if make_url(url).get_backend_name() == "sqlite" else "postgresql"


def file_of(url: str) -> str:
    """Return the file of a SQLite database."""
    return make_url(url).database or ""


@asynccontextmanager
async def connected(url: str, **options: Any) -> AsyncIterator[AsyncConnection]:
    """Connect for this one purpose."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, **options)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


def inspected(url: str, look: Callable[[Connection], T]) -> T:
    """Have a database looked at by what knows nothing of coroutines."""

    async def run() -> T:
        async with connected(url) as connection:
            return await connection.run_sync(look)

    return asyncio.run(run())


def ask(url: str, questions: Iterable[str]) -> list[Sequence[Any]]:
    """Put questions to a PostgreSQL database, all as of one moment; nothing can be changed."""

    async def run() -> list[Sequence[Any]]:
        async with connected(
            url,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        ) as connection:
            _ = await connection.exec_driver_sql("SET LOCAL search_path = public")
            answers = [await connection.exec_driver_sql(question) for question in questions]
            return [tuple(row) for answer in answers for row in answer]

    return asyncio.run(run())


def load(url: str, sql: str) -> None:
    """Run a script."""
    if dialect_of(url) == "sqlite":
        with closing(sqlite3.connect(file_of(url))) as connection:
            _ = connection.executescript(sql)
        return

    async def run() -> None:
        async with connected(url) as connection:
            raw = await connection.get_raw_connection()
            await raw.driver_connection.execute(sql)  # type: ignore[union-attr]

    asyncio.run(run())


def administer(url: str, statement: str) -> None:
    """Run a statement that concerns a PostgreSQL server, from whichever database is there."""

    async def run(at: str) -> None:
        async with connected(at, isolation_level="AUTOCOMMIT") as connection:
            _ = await connection.exec_driver_sql(statement)

    try:
        asyncio.run(run(url))
    except InvalidCatalogNameError:
        asyncio.run(run(another(url, "postgres")))


def another(url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def make_database(url: str) -> bool:
    """Make it, empty, for its owner alone; tell whether there was none."""
    if dialect_of(url) == "sqlite":
        file = Path(file_of(url))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            file.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return False
        return True
    name = quoted(make_url(url).database or "")
    try:
        administer(another(url, "postgres"), f"CREATE DATABASE {name} ENCODING 'UTF8'")
    except ProgrammingError as fault:
        if getattr(fault.orig, "sqlstate", None) == DuplicateDatabaseError.sqlstate:
            return False
        raise
    return True


@contextmanager
def a_scratch_database(dialect: Dialect, server: str | None) -> Iterator[str]:
    """Yield the URL of an empty database that is gone afterwards."""
    if dialect == "sqlite":
        with TemporaryDirectory(prefix="kcs-scratch-") as folder:
            yield f"sqlite+aiosqlite:///{Path(folder) / 'scratch.db'}"
        return
    if server is None:
        raise CannotCompare(
            "For the schema of PostgreSQL a server is needed: let DATABASE_URL name a database of"
            " one, with a role that has CREATEDB."
        )
    name = f"{SCRATCH}{token_hex(8)}"
    try:
        administer(server, f"CREATE DATABASE {name} TEMPLATE template0")
    except FAULTS as fault:
        raise CannotCompare(
            f"No scratch database can be made there: {fault}. Give the role CREATEDB, or let"
            " DATABASE_URL name a server where one may be made."
        ) from fault
    try:
        yield another(server, name)
    finally:
        administer(server, f"DROP DATABASE {name} WITH (FORCE)")
