"""A schema written as SQL that loads into an empty database, and does nothing where it is."""

import re
from collections.abc import Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256

from apps.operations.application.keep_schema import Dialect, Revision
from apps.operations.application.schema import CannotCompare, Catalog, Item
from apps.operations.infrastructure.postgresql_catalog import postgresql_catalog
from apps.operations.infrastructure.servers import dialect_of, file_of, quoted
from apps.operations.infrastructure.sqlite_catalog import Statement, named, statements, written

NAMES: dict[Dialect, str] = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
SETTINGS = "SET check_function_bodies = off;\nSET client_min_messages = warning;\n"


def schema_sql(url: str, revisions: Sequence[Revision]) -> str:
    """Write the schema of a migrated database, headed by what it is made of."""
    dialect = dialect_of(url)
    if dialect == "sqlite":
        body = "".join(f"\n{text};\n" for text in of_sqlite(statements(file_of(url))))
    else:
        made = of_postgresql(postgresql_catalog(url))
        body = "\n" + SETTINGS + "".join(f"\n{text};\n" for text in made)
    return "".join(f"{line}\n" for line in head(dialect, revisions, body)) + body


def head(dialect: Dialect, revisions: Sequence[Revision], body: str) -> Iterator[str]:
    """Yield the lines above it."""
    yield f"-- The schema of KCardSwap on {NAMES[dialect]}, as its revisions make it."
    yield "-- `make schema` writes this file: change revisions instead. It loads into an empty"
    yield "-- database, twice as well; `kcs db adopt` then writes down of which revision that is."
    yield "--"
    yield f"-- revision {revisions[0].id}"
    yield f"-- sha256   {sha256(body.encode()).hexdigest()}"
    yield "--"
    for each in reversed(revisions):
        yield f"-- {each.id}  {each.meaning}"


def of_sqlite(kept: Iterable[Statement]) -> Iterator[str]:
    """Yield tables, then what is about them, each by name."""
    order = ("table", "index", "view", "trigger")
    for each in sorted(kept, key=lambda each: (order.index(each.kind), each.name)):
        place = next(place for place, token in enumerate(each.tokens) if token.lower() == each.kind)
        begun = (*each.tokens[: place + 1], "IF", "NOT", "EXISTS")
        if not each.is_plain_table:
            yield written((*begun, *each.tokens[place + 1 :]))
            continue
        parts, options = each.body()
        columns = [part for part in parts if named(part)[0] == "column"]
        rest = sorted(part for part in parts if part not in columns)  # Alembic shuffles them
        lines = ",\n".join(f"    {written(part)}" for part in (*columns, *rest))
        begin = written((*begun, each.tokens[place + 1]))
        yield f"{begin} (\n{lines}\n) {written(options)}".rstrip()


def of_postgresql(catalog: Catalog) -> Iterator[str]:
    """Yield what each item needs, in an order in which nothing is missing."""
    for item in catalog:
        if item.kind not in WRITTEN:
            raise CannotCompare(f"There is no way yet to export a {item.kind}: {item.name}.")
    yield from (f"{catalog[item]}".rstrip() for item in of_kind(catalog, "function"))
    for table in in_order(catalog):
        yield whole_table(catalog, table)
        yield from indexes_of(catalog, table)  # at once: a table behind it may refer by one
    for item in of_kind(catalog, "materialized view"):
        query = catalog[item].rstrip(";")
        yield f"CREATE MATERIALIZED VIEW IF NOT EXISTS {quoted(item.name)} AS\n{query}"
        yield from indexes_of(catalog, item.name)
    for item in of_kind(catalog, "trigger"):
        yield catalog[item].replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1)
    for item in of_kind(catalog, "view"):
        yield f"CREATE OR REPLACE VIEW {quoted(item.name)} AS {catalog[item].rstrip(';')}"
    for item in of_kind(catalog, "comment"):
        kind, _, name = item.name.partition(" ")
        words = catalog[item].replace("'", "''")
        yield f"COMMENT ON {kind.upper()} {name} IS '{words}'"


def indexes_of(catalog: Catalog, table: str) -> Iterator[str]:
    """Yield what makes the indexes of a table, but for those of its keys."""
    keys = {item.name for item in of_kind(catalog, "constraint") if item.table == table}
    for item in of_kind(catalog, "index"):
        if item.table == table and item.name not in keys:
            yield re.sub(r"^CREATE (UNIQUE )?INDEX", r"\g<0> IF NOT EXISTS", catalog[item])


WRITTEN = {
    *("table", "column", "constraint", "index", "sequence", "function", "trigger", "view"),
    *("materialized view", "comment"),
}
"""What can be exported; sequences come with the columns that they number."""


def of_kind(catalog: Catalog, kind: str) -> list[Item]:
    """Return the items of one kind, in order."""
    return sorted(item for item in catalog if item.kind == kind)


def in_order(catalog: Catalog) -> Iterable[str]:
    """Return the tables, each behind those that it refers to."""
    needs: dict[str, set[str]] = {item.name: set() for item in of_kind(catalog, "table")}
    for item in of_kind(catalog, "constraint"):
        if found := re.match(r"FOREIGN KEY .*? REFERENCES (\w+)", catalog[item]):
            needs[item.table] |= {found[1]} - {item.table}
    try:
        return [*TopologicalSorter({each: sorted(needs[each]) for each in needs}).static_order()]
    except CycleError as circle:
        raise CannotCompare(f"Tables refer to each other in a circle: {circle.args[1]}.") from None


def whole_table(catalog: Catalog, table: str) -> str:
    """Write a table with its columns as they stand, and its constraints by name."""
    parts = [
        f"    {quoted(item.name)} {text}"
        for item, text in catalog.items()
        if item.kind == "column" and item.table == table
    ]
    parts += [
        f"    CONSTRAINT {quoted(item.name)} {catalog[item]}"
        for item in of_kind(catalog, "constraint")
        if item.table == table
    ]
    before, by, behind = catalog[Item("table", "", table)].partition("PARTITION BY")
    kind = " ".join(filter(None, ("CREATE", before.strip(), "TABLE")))
    lines = ",\n".join(parts)
    return f"{kind} IF NOT EXISTS {quoted(table)} (\n{lines}\n) {by}{behind}".rstrip()
