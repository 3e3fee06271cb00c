"""What a database says of its own schema, as lines, and statements that change it."""

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing

import asyncpg
from sqlalchemy import make_url

from apps.operations.infrastructure.migrations import is_missing_file
from apps.operations.infrastructure.schemas import catalog_of
from tests.support.databases import aside


def catalog(url: str) -> list[str]:
    """Return all that a database has been told to keep: kind, table, name and text."""
    if is_missing_file(url):
        return []
    kept = aside(lambda: catalog_of(url))
    return sorted(
        f"{item.kind} {item.table or '-'} {item.name} {text}" for item, text in kept.items()
    )


async def fetch(url: str, questions: Iterable[str]) -> list[Sequence[object]]:
    connection = await connected(url)
    try:
        return [tuple(row) for question in questions for row in await connection.fetch(question)]
    finally:
        await connection.close()


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect as somebody else: who gives no name has that of whom a pooler served before."""
    plain = make_url(url).set(drivername="postgresql")
    return await asyncpg.connect(
        plain.render_as_string(hide_password=False), server_settings={"application_name": "tests"}
    )


def execute(url: str, *statements: str) -> None:
    """Run statements that a schema is made or changed by."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(target.database or "", isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
        return

    async def run() -> None:
        connection = await connected(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    aside(lambda: asyncio.run(run()))
