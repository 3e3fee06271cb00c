"""What a database says of its own schema, as lines that two databases can be compared by."""

import asyncio
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

import asyncpg
from sqlalchemy import MetaData, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from apps.operations.infrastructure import outside_changes
from apps.operations.infrastructure.outside_changes import watching
from apps.shared.infrastructure.append_only import FUNCTION, triggers
from tests.support.databases import aside

VERSIONS = "alembic_version"

COLUMNS = """
    SELECT 'column', c.relname, a.attname,
        format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' COLLATE ' || l.collname, '') || coalesce(pg_get_expr(d.adbin, c.oid), '')
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
"""
CONSTRAINTS = """
    SELECT 'constraint', c.relname, o.conname,
        pg_get_constraintdef(o.oid) || CASE WHEN o.convalidated THEN '' ELSE ' NOT VALID' END
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
"""
INDEXES = """
    SELECT 'index', c.relname, i.relname,
        pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
"""
OTHERS = """
    SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'relation', relname, relkind::text, ''
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    WHERE relkind NOT IN ('r', 'i')
    UNION ALL
    SELECT 'function', '', proname, prosrc
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'public'
"""


def catalog(url: str) -> list[str]:
    """Return all that a database has been told to keep, but for the table of versions."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return sorted(sqlite_catalog(target.database or ""))
    rows = aside(lambda: asyncio.run(fetch(url, (COLUMNS, CONSTRAINTS, INDEXES, OTHERS))))
    return sorted(" ".join(map(str, row)) for row in rows if row[1] != VERSIONS)


def sqlite_catalog(file: str) -> Iterator[str]:
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master"
            " WHERE name NOT LIKE 'sqlite~_%' ESCAPE '~'"  # what SQLite keeps for itself
        ).fetchall()
    for kind, name, table, sql in rows:
        if sql is None or table == VERSIONS:
            continue
        if kind != "table":
            yield f"{kind} {name} {normal(sql)}"
        for part in parts_of(normal(sql)) if kind == "table" else ():
            yield f"table {name} {part}"


def normal(sql: str) -> str:
    """Leave out of it what means nothing: quotes around names, and spaces."""
    return re.sub(r"\s*([(),])\s*", r"\1", re.sub(r"\s+", " ", sql.replace('"', ""))).strip()


def parts_of(table: str) -> Iterator[str]:
    """Yield the columns and constraints of a CREATE TABLE, whose order means nothing either."""
    depth, part = 0, ""
    for sign in table[table.index("(") + 1 : table.rindex(")")]:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield part
            part = ""
        else:
            part += sign
    yield part


async def fetch(url: str, questions: Iterable[str]) -> list[Sequence[object]]:
    connection = await connected(url)
    try:
        return [tuple(row) for question in questions for row in await connection.fetch(question)]
    finally:
        await connection.close()


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    plain = make_url(url).set(drivername="postgresql")
    return await asyncpg.connect(plain.render_as_string(hide_password=False))


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


def ddl(metadata: MetaData, url: str) -> Iterator[str]:
    """Yield what makes these tables, their indexes and their triggers."""
    backend = make_url(url).get_backend_name()
    dialect = {"postgresql": postgresql, "sqlite": sqlite}[backend].dialect()
    if backend == "postgresql":
        yield from (FUNCTION, outside_changes.FUNCTION)
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        yield from triggers(table, backend)
        yield from watching(table, backend)
        for index in table.indexes:
            yield str(CreateIndex(index).compile(dialect=dialect))
