"""Databases for tests: migrated once per run, copied for each test."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

MIGRATIONS = Path(__file__).parents[2] / "alembic.ini"

T = TypeVar("T")


def migrate(url: str, config: Path = MIGRATIONS) -> None:
    """Bring the database to the newest schema, as `alembic upgrade head` does."""
    settings = Config(config)
    settings.attributes["url"] = url
    aside(lambda: command.upgrade(settings, "head"))


@contextmanager
def a_postgresql_database(cluster: str, *, like: str | None = None) -> Iterator[str]:
    """Yield the URL of a new database, empty or a copy of the one at the URL `like`."""
    name = f"kcs_{uuid4().hex}"
    template = make_url(like).database if like else "template0"
    administer(cluster, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield at(cluster, name)
    finally:
        administer(cluster, f"DROP DATABASE {name} WITH (FORCE)")


def a_sqlite_database(file: Path, *, like: Path | None = None) -> str:
    """The URL of a new file, empty or a copy of the settled file `like`."""
    if like:
        shutil.copyfile(like, file)
    return f"sqlite+aiosqlite:///{file.absolute()}"


@contextmanager
def one_for_a_module(request: Any, folder: Path) -> Iterator[str]:
    """A migrated database of the kind that a fixture asks for by its parameter."""
    template = request.getfixturevalue(f"{request.param}_template")
    if request.param == "sqlite":
        yield a_sqlite_database(folder / "kcs.db", like=template)
        return
    with a_postgresql_database(request.getfixturevalue("cluster"), like=template) as url:
        yield url


def settle(file: Path) -> None:
    """Bring everything into this one file, so that a copy of it is complete."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = [*file.parent.glob(f"{file.name}-*")]
    if left:
        raise RuntimeError(f"The template is still open: {left}")


def at(cluster: str, name: str, driver: str = "postgresql+asyncpg") -> str:
    """The URL of one database of the cluster."""
    url = make_url(cluster).set(drivername=driver, database=name)
    return url.render_as_string(hide_password=False)


def administer(cluster: str, statement: str) -> None:
    """Run a statement that concerns the cluster as a whole."""

    async def run() -> None:
        connection = await asyncpg.connect(at(cluster, "postgres", "postgresql"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    aside(lambda: asyncio.run(run()))


def aside(task: Callable[[], T]) -> T:
    """Run it to its end in a thread of its own, since a loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(task).result()
