"""The database as a thing of its size: making it, and what its tables take."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from asyncpg import DuplicateDatabaseError
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from apps.operations.application.keep_schema import TableSize
from apps.operations.infrastructure.migrations import refusals
from apps.operations.infrastructure.models_sql import context_of
from apps.operations.infrastructure.schema_sql import quoted
from apps.operations.infrastructure.servers import administer, another, ask, dialect_of, file_of

SIZES = """
    SELECT c.relname, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'm')
"""
TABLES = """
    SELECT name FROM sqlite_master
    WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
"""


def make_database(url: str) -> bool:
    """Make it, empty; tell whether there was none."""
    if dialect_of(url) == "sqlite":
        file = Path(file_of(url))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            file.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            return False
        return True
    name = make_url(url).database or ""
    with refusals():
        try:
            administer(another(url, "postgres"), f"CREATE DATABASE {quoted(name)} ENCODING 'UTF8'")
        except ProgrammingError as fault:
            if isinstance(getattr(fault.orig, "__cause__", None), DuplicateDatabaseError):
                return False
            raise
    return True


def table_sizes(url: str) -> Sequence[TableSize]:
    """Return the tables, the largest first; SQLite is asked for each of them."""
    with refusals():
        if dialect_of(url) == "postgresql":
            sizes = [
                TableSize(name, context_of(name), rows, size)
                for name, rows, size in ask(url, [SIZES])
            ]
        else:
            sizes = of_file(file_of(url))
    return sorted(sizes, key=lambda each: (-(each.bytes or 0), -each.rows, each.name))


def of_file(file: str) -> list[TableSize]:
    """Count the rows, and the bytes where this SQLite was built to tell."""
    address = f"{Path(file).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        try:
            bytes = dict(connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"))
        except sqlite3.OperationalError:
            bytes = {}
        counted = "SELECT count(*) FROM {}"
        return [
            TableSize(
                name,
                context_of(name),
                connection.execute(counted.format(quoted(name))).fetchone()[0],
                bytes.get(name),
            )
            for name in names
        ]
