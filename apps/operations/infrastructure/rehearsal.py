"""Taking the revisions to a copy of a database, before the database itself is taken."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from apps.operations.application.keep_schema import Tell
from apps.operations.infrastructure.migrations import AlembicMigrations, refusals, scripts
from apps.operations.infrastructure.servers import (
    VERSIONS,
    connected,
    dialect_of,
    file_of,
    inspected,
)
from apps.shared.infrastructure.months import is_month
from apps.shared.infrastructure.sessions import APPLICATION


def begun(copy: str, revision: str | None) -> None:
    """Make the schema of a revision, into which rows can be copied; SQLite's comes with them."""
    if revision and dialect_of(copy) == "postgresql":
        AlembicMigrations(copy).upgrade(revision, lambda _: None)


def copied(source: str, copy: str) -> int:
    """Copy a database; return how many rows it has."""
    with refusals():
        if dialect_of(source) == "sqlite":
            copy_file(file_of(source), file_of(copy))
        else:
            asyncio.run(pour(source, copy, inspected(copy, tables)))
        return inspected(copy, count)


def timed(copy: str, revision: str | None, tell: Tell) -> Sequence[tuple[str, float]]:
    """Take the revisions that are new to the copy; return how many seconds each of them took."""
    seconds = []
    for script in reversed([*scripts().iterate_revisions("head", revision or "base")]):
        begun_at = perf_counter()
        AlembicMigrations(copy).upgrade(script.revision, tell)
        seconds.append((script.revision, perf_counter() - begun_at))
    return seconds


def copy_file(source: str, copy: str) -> None:
    """Copy it while it is in use."""
    address = f"{Path(source).absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as there,
        closing(sqlite3.connect(copy)) as here,
    ):
        there.backup(here)


OURS = {"server_settings": {"application_name": APPLICATION}}
"""What keeps rows that are copied from being told as changed by others."""


MONTHS = """
    SELECT CAST(i.inhparent::regclass AS text),
        substring(pg_get_expr(c.relpartbound, c.oid) FROM '\\d{4}-\\d{2}-\\d{2}')
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE c.relispartition AND c.relkind = 'r' AND pg_table_is_visible(c.oid)
"""
"""The months of tables, each by its first day."""
COUNTERS = """
    SELECT CAST(d.refobjid::regclass AS text), a.attname, CAST(s.oid::regclass AS text)
    FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE s.relkind = 'S' AND pg_table_is_visible(s.oid)
"""
"""The sequences that number rows, with the tables and columns that they do so for."""


async def pour(source: str, copy: str, into: Sequence[Table]) -> None:
    """Copy the rows of tables as of one moment, in this order, each by way of a file."""
    async with (
        connected(
            source,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        ) as there,
        connected(copy, isolation_level="AUTOCOMMIT", connect_args=OURS) as here,
    ):
        _ = await there.execute(text("SELECT 1"))  # from now on it is this moment
        reader, writer = await driver_of(there), await driver_of(here)
        for parent, day in await reader.fetch(MONTHS):
            _ = await writer.execute(f"SELECT make_{parent}_month('{day}')")
        for table in into:
            columns = [column.name for column in table.columns]
            rows = str(select(*table.columns).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
            with TemporaryFile() as file:
                _ = await reader.copy_from_query(rows, output=file, format="binary")
                _ = file.seek(0)
                _ = await writer.copy_to_table(
                    table.name, columns=columns, source=file, format="binary"
                )
        for numbered, column, counter in await writer.fetch(COUNTERS):
            _ = await writer.execute(
                f"SELECT setval('{counter}', (SELECT max({column}) FROM {numbered}) + 1, false)"  # noqa: S608
            )


async def driver_of(connection: AsyncConnection) -> Any:
    """Return what asyncpg itself calls the connection."""
    return (await connection.get_raw_connection()).driver_connection


def tables(connection: Connection) -> Sequence[Table]:
    """Return the tables, each behind those that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [
        table
        for table in metadata.sorted_tables
        if table.name != VERSIONS and not is_month(table.name)
    ]


def count(connection: Connection) -> int:
    """Count the rows of all tables."""
    counts = (select(func.count()).select_from(table) for table in tables(connection))
    return sum(connection.scalar(each) or 0 for each in counts)
