"""Sizes and statistics, from the catalogs of both databases."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from apps.operations.application.database_figures import (
    ListTopQueries,
    MeasureTables,
    NoStatistics,
    TableSize,
    TopQuery,
)

IN_POSTGRESQL = """
    SELECT CAST(relname AS text) AS "table",
    CASE WHEN reltuples >= 0 THEN CAST(reltuples AS bigint) END AS rows,
    pg_table_size(oid) AS table_bytes, pg_indexes_size(oid) AS index_bytes
    FROM pg_class
    WHERE relkind IN ('r', 'p', 'm') AND relnamespace = to_regnamespace(current_schema())"""
"""Rows are as many as there were when the table was last analyzed, if ever."""

IN_SQLITE = """
    SELECT m.tbl_name AS "table",
    sum(CASE m.type WHEN 'table' THEN s.pgsize ELSE 0 END) AS table_bytes,
    sum(CASE m.type WHEN 'index' THEN s.pgsize ELSE 0 END) AS index_bytes
    FROM sqlite_master m JOIN dbstat s ON s.name = m.name
    WHERE s.aggregate = 1 GROUP BY m.tbl_name"""

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"

TOP = """
    SELECT calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms, rows, query
    FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY total_exec_time DESC LIMIT :limit"""

WHAT_TO_DO = (
    "PostgreSQL does not count here: put pg_stat_statements into shared_preload_libraries, restart"
    " it, and run CREATE EXTENSION pg_stat_statements in this database."
)


class SqlMeasureTables(MeasureTables):
    """One SELECT on PostgreSQL; SQLite is asked to count, where its rows are."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self) -> Sequence[TableSize]:
        """Ask, and sort."""
        async with self._engine.connect() as connection:
            if self._engine.dialect.name == "postgresql":
                rows = await connection.execute(text(IN_POSTGRESQL))
                sizes = [TableSize(**row) for row in rows.mappings()]
            else:
                sizes = await self._in_sqlite(connection)
        return sorted(sizes, key=lambda size: (-size.total, size.table))

    async def _in_sqlite(self, connection: AsyncConnection) -> list[TableSize]:
        bytes_of: dict[str, tuple[int | None, int | None]] = {}
        try:
            for row in await connection.execute(text(IN_SQLITE)):
                bytes_of[row.table] = (row.table_bytes, row.index_bytes)
        except DBAPIError:  # it was built without this
            bytes_of.clear()
        sizes = []
        for table in (await connection.scalars(text(TABLES))).all():
            rows = await connection.scalar(text(f'SELECT count(*) FROM "{table}"'))  # noqa: S608
            own, indexes = bytes_of.get(table, (None, None))
            sizes.append(TableSize(table=table, rows=rows, table_bytes=own, index_bytes=indexes))
        return sizes


class SqlListTopQueries(ListTopQueries):
    """One SELECT from the view of the extension."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def __call__(self, *, limit: int) -> Sequence[TopQuery]:
        """Ask PostgreSQL."""
        if self._engine.dialect.name != "postgresql":
            raise NoStatistics("SQLite counts nothing of the kind; only PostgreSQL does.")
        try:
            async with self._engine.connect() as connection:
                rows = await connection.execute(text(TOP), {"limit": limit})
                return [TopQuery(**row) for row in rows.mappings()]
        except DBAPIError as fault:
            if "pg_stat_statements" not in str(fault.orig):
                raise
            raise NoStatistics(WHAT_TO_DO) from fault
