"""The schema that the row classes describe: as SQL, and in which file each table is described."""

from collections.abc import Iterator

from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from apps.operations.application.keep_schema import Dialect
from apps.operations.infrastructure import outside_changes
from apps.shared.infrastructure.append_only import FUNCTION, triggers
from apps.shared.infrastructure.database import Model
from apps.shared.infrastructure.materialized import query_of, view
from apps.shared.infrastructure.months import making

SPOKEN = {"postgresql": postgresql, "sqlite": sqlite}


def ddl(metadata: MetaData, dialect: Dialect) -> Iterator[str]:
    """Yield what makes these tables, their indexes and their triggers."""
    spoken = SPOKEN[dialect].dialect()
    if dialect == "postgresql":
        yield from (FUNCTION.strip(), outside_changes.FUNCTION.strip())
    for table in sorted(metadata.sorted_tables, key=lambda table: query_of(table) is not None):
        if dialect == "postgresql":
            yield from making(table)
        if dialect == "postgresql" and query_of(table) is not None:
            yield from view(table)
        else:
            yield str(CreateTable(table).compile(dialect=spoken)).strip()
        yield from triggers(table, dialect)
        yield from outside_changes.watching(table, dialect)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            yield str(CreateIndex(index).compile(dialect=spoken))


def models_sql(dialect: Dialect) -> str:
    """Return all of it as one script."""
    return "".join(f"{statement};\n\n" for statement in ddl(Model.metadata, dialect))


def homes() -> dict[str, str]:
    """Return the module that describes each table."""
    return {
        str(mapper.local_table.name): mapper.class_.__module__  # type: ignore[attr-defined]
        for mapper in Model.registry.mappers
    }


def home_of(table: str) -> str:
    """Return the file that describes a table, or where all of them are."""
    module = homes().get(table)
    return f"{module.replace('.', '/')}.py" if module else "the row classes (apps/*/infrastructure)"


def context_of(table: str) -> str:
    """Return which part of the service a table belongs to."""
    return homes().get(table, "..nobody").split(".")[1] or "nobody"
