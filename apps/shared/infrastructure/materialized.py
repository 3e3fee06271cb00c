"""Tables that follow from others: a materialized view on PostgreSQL, a table like it on SQLite."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Table

from apps.shared.infrastructure.months import is_month

FUNCTION = """
CREATE FUNCTION refresh_{table}() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY public.{table};
END $$
"""
"""Refreshing is for the owner alone, and the role that serves owns nothing."""


def materialized(table: Table, query: str) -> None:
    """Declare what it follows from; the migrations make what `view` then returns."""
    table.info["materialized"] = query.strip()


def query_of(table: Table) -> str | None:
    """Return what it follows from; None where it is a table of its own on PostgreSQL too."""
    query: str | None = table.info.get("materialized")
    return query


def view(table: Table) -> Iterator[str]:
    """Yield the statements that make it on PostgreSQL, but for its indexes."""
    yield FUNCTION.format(table=table.name).strip()
    yield f"CREATE MATERIALIZED VIEW {table.name} AS\n{query_of(table)}"


def is_compared(dialect: str) -> Callable[..., bool]:
    """Return which objects Alembic can compare: no materialized views, and no parts of tables."""

    def told(item: Any, _: str, kind: str, *__: Any) -> bool:
        table = item if kind == "table" else getattr(item, "table", None)
        if dialect != "postgresql" or table is None:
            return True
        return "materialized" not in table.info and not is_month(table.name)

    return told
