"""The tables of a migrated database, drawn in Mermaid: one diagram for each part of the service."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Column, Connection, ForeignKeyConstraint, MetaData, Table

from apps.operations.infrastructure.models_sql import context_of
from apps.operations.infrastructure.servers import VERSIONS, inspected
from apps.operations.infrastructure.shapes import kind_of

ORDER = (
    "identity",
    "catalogue",
    "collection",
    "trading",
    "matching",
    "group_orders",
    "market",
    "shared",
)
HEAD = """\
# Tables

`make schema` draws this page from the migrated schema. A table of another part stands without its
columns; what a line is called is the column that refers.
"""
OPTIONAL, REQUIRED = "|o", "||"
MANY, ONE = "o{", "o|"


def diagram(url: str) -> str:
    """Draw all parts, each under a heading."""
    tables = inspected(url, reflected)
    contexts = {context_of(table.name) for table in tables}
    parts = [*ORDER, *sorted(contexts - {*ORDER})]
    return HEAD + "".join(
        f"\n## {part.capitalize()}\n\n```mermaid\nerDiagram\n{''.join(lines(part, tables))}```\n"
        for part in parts
        if part in contexts
    )


def reflected(connection: Connection) -> Sequence[Table]:
    """Return the tables by name."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [metadata.tables[name] for name in sorted(metadata.tables) if name != VERSIONS]


def lines(part: str, tables: Sequence[Table]) -> Iterator[str]:
    """Yield the lines of one diagram."""
    inside = [table for table in tables if context_of(table.name) == part]
    for table in inside:
        yield f"    {table.name} {{\n"
        for column in table.columns:
            yield f"        {' '.join(filter(None, (kind(column), column.name, keys(column))))}\n"
        yield "    }\n"
    for table in inside:
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
            yield f"    {link(key)}\n"


def kind(column: Column[object]) -> str:
    """Name a type as Mermaid takes it."""
    return kind_of(column.type).replace("(", "_").replace(")", "")


def keys(column: Column[object]) -> str:
    """Say which keys a column is part of."""
    return ", ".join(["PK"] * column.primary_key + ["FK"] * bool(column.foreign_keys))


def link(key: ForeignKeyConstraint) -> str:
    """Draw one reference, from who is referred to."""
    names = {column.name for column in key.columns}
    unique = [{column.name for column in key.table.primary_key}]
    unique += [
        {column.name for column in index.columns}
        for index in key.table.indexes
        if index.unique and index.dialect_options["sqlite"]["where"] is None
    ]
    near = OPTIONAL if any(column.nullable for column in key.columns) else REQUIRED
    far = ONE if names in unique else MANY
    return f"{key.referred_table.name} {near}--{far} {key.table.name} : {', '.join(sorted(names))}"
