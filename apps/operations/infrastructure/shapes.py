"""What a schema is on either database alike: tables, columns, nullability, keys and indexes."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Inspector, inspect, types

from apps.operations.application.schema import Catalog, Item
from apps.operations.infrastructure.servers import VERSIONS, inspected
from apps.shared.infrastructure.months import is_month

KINDS: tuple[tuple[type[Any], str], ...] = (
    (types.Uuid, "uuid"),
    (types.Boolean, "boolean"),
    (types.Integer, "integer"),
    (types.DateTime, "timestamp"),
    (types.Date, "date"),
    (types.JSON, "json"),
    (types.LargeBinary, "bytes"),
    (types.Float, "float"),
    (types.Numeric, "numeric"),
)
CAST = re.compile(
    r"::(?:character varying|timestamp with(?:out)? time zone|\w+)(?:\(\d+\))?(?:\[\])?"
)
UUID_TEXT = 32
"""Characters of a CHAR that is a UUID on SQLite."""


def shape_of(url: str) -> Catalog:
    """Return the items of a database that the other kind must have too."""
    return inspected(url, lambda connection: dict(items(inspect(connection))))


def items(inspector: Inspector) -> Iterator[tuple[Item, str]]:
    """Yield them as the library that both databases are spoken to by sees them."""
    for table in (*inspector.get_table_names(), *views(inspector)):
        if table != VERSIONS and not is_month(table):
            yield Item("table", "", table), "there"
            yield from columns(inspector, table)
            yield from keys(inspector, table)
            yield from indexes(inspector, table)


def views(inspector: Inspector) -> list[str]:
    """Return the materialized views: the other kind has tables of these names and columns."""
    postgresql = inspector.dialect.name == "postgresql"
    return inspector.get_materialized_view_names() if postgresql else []


def columns(inspector: Inspector, table: str) -> Iterator[tuple[Item, str]]:
    """Yield each column."""
    for each in inspector.get_columns(table):
        nullable = "" if each["nullable"] else " NOT NULL"
        yield Item("column", table, each["name"]), f"{kind_of(each['type'])}{nullable}"


def keys(inspector: Inspector, table: str) -> Iterator[tuple[Item, str]]:
    """Yield the keys, and the names of the conditions: their texts are each database's own."""
    primary = inspector.get_pk_constraint(table)
    yield (
        Item("constraint", table, "primary key"),
        f"PRIMARY KEY ({', '.join(primary['constrained_columns'])})",
    )
    for each in inspector.get_foreign_keys(table):
        yield (
            Item("constraint", table, str(each["name"])),
            f"FOREIGN KEY ({', '.join(each['constrained_columns'])}) REFERENCES"
            f" {each['referred_table']} ({', '.join(each['referred_columns'])})"
            f" {each.get('options', {}).get('ondelete', '')}".rstrip(),
        )
    for check in inspector.get_check_constraints(table):
        yield Item("constraint", table, str(check["name"])), "CHECK"
    for unique in inspector.get_unique_constraints(table):
        yield (
            Item("constraint", table, str(unique["name"])),
            f"UNIQUE ({', '.join(unique['column_names'])})",
        )


def indexes(inspector: Inspector, table: str) -> Iterator[tuple[Item, str]]:
    """Yield each index with its condition as both would write it."""
    dialect = inspector.dialect.name
    for each in inspector.get_indexes(table):
        told = each.get("expressions") or each["column_names"]
        options: dict[str, Any] = each.get("dialect_options", {})
        where = plain(str(options.get(f"{dialect}_where", "")))
        unique = "UNIQUE " if each["unique"] else ""
        text = f"{unique}({', '.join(map(str, told))}) {where and f'WHERE {where}'}"
        yield Item("index", table, str(each["name"])), text.rstrip()


def kind_of(kind: types.TypeEngine[Any]) -> str:
    """Name a type as both would; how large integers may be is left to each."""
    if isinstance(kind, types.CHAR) and kind.length == UUID_TEXT:
        return "uuid"
    for known, name in KINDS:
        if isinstance(kind, known):
            return name
    if isinstance(kind, types.String):
        return f"text({kind.length})" if kind.length else "text"
    return str(kind)


def plain(condition: str) -> str:
    """Write a condition without what only one of the databases adds to it."""
    text = CAST.sub("", condition)
    text = re.sub(r"= ANY \(+ARRAY\[(.*?)\]\)+", r"IN (\1)", text)
    text = text.replace("!=", "<>").replace(" = 1", "")
    if " OR " in text:
        return " ".join(text.split())
    text = re.sub(r"IN \(([^()]*)\)", r"IN [\1]", text)
    return " ".join(re.sub(r"[()]", "", text).split())
