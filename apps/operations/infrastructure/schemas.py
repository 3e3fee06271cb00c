"""The schema that the migrations make, held against all that ought to be the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alembic import command
from sqlalchemy import Connection, inspect

from apps.operations.application.keep_schema import (
    CannotMigrate,
    Dialect,
    Drifted,
    Origin,
    Rehearsal,
    Schemas,
    Tell,
)
from apps.operations.application.schema import (
    CannotCompare,
    Catalog,
    Comparison,
    Item,
    differences,
)
from apps.operations.infrastructure.diagram import diagram
from apps.operations.infrastructure.migrations import (
    ROOT,
    AlembicMigrations,
    configured,
    offline_sql,
    refusals,
    unversioned_tables,
)
from apps.operations.infrastructure.models_sql import context_of, home_of, models_sql
from apps.operations.infrastructure.postgresql_catalog import postgresql_catalog
from apps.operations.infrastructure.rehearsal import begun, copied, timed
from apps.operations.infrastructure.schema_sql import schema_sql
from apps.operations.infrastructure.servers import (
    FAULTS,
    a_scratch_database,
    dialect_of,
    file_of,
    inspected,
    load,
    make_database,
    with_driver,
)
from apps.operations.infrastructure.shapes import shape_of
from apps.operations.infrastructure.sqlite_catalog import sqlite_catalog

Mend = Callable[[Item], str]


def catalog_of(url: str) -> Catalog:
    """Read the schema of a database, without changing anything."""
    try:
        if dialect_of(url) == "sqlite":
            return sqlite_catalog(file_of(url))
        return postgresql_catalog(url)
    except FAULTS as fault:
        raise CannotCompare(f"The schema cannot be read: {fault}") from fault


def page_of(dialect: Dialect) -> Path:
    """Return the file in which the schema stands for people to read."""
    return ROOT / "docs" / f"schema.{dialect}.sql"


@contextmanager
def migrated(dialect: Dialect, server: str | None, revision: str = "head") -> Iterator[str]:
    """Yield the URL of a scratch database at a revision."""
    with a_scratch_database(dialect, server) as url:
        AlembicMigrations(url).upgrade(revision, lambda _: None)
        yield url


def catalog_by(sql: str, dialect: Dialect, server: str | None, what: str) -> Catalog:
    """Read the schema that a script makes."""
    with a_scratch_database(dialect, server) as url:
        try:
            load(url, sql)
        except FAULTS as fault:
            raise CannotCompare(f"{what} does not load: {fault}") from fault
        return catalog_of(url)


def against(
    dialect: Dialect | Literal["both"], what: str, expected: Catalog, found: Catalog, mend: Mend
) -> Comparison:
    """Compare one schema with the migrated one."""
    return Comparison(dialect, what, differences(expected, found, mend))


def home(item: Item) -> str:
    """Return the file in which the row class of an item is to be mended."""
    return f"{home_of(item.table or item.name)}, or a revision"


def page(dialect: Dialect) -> str:
    """Return the name of the file that people read."""
    return str(page_of(dialect).relative_to(ROOT))


def text_of(dialect: Dialect) -> str:
    """Read that file; an installation from a wheel alone does not have it."""
    try:
        return page_of(dialect).read_text(encoding="utf-8")
    except OSError as fault:
        raise CannotCompare(f"{page(dialect)} cannot be read: {fault.strerror}.") from fault


LIVE = "the database itself: by a revision where this is wanted, else by hand"


@dataclass(frozen=True)
class SqlSchemas(Schemas):
    """Over the database of a URL, and scratch ones beside it."""

    url: str

    def verify(self, dialect: Dialect | None, live: str | None) -> Sequence[Comparison]:
        """Compare on each database that there is, then across both."""
        live = live and with_driver(live)
        asked = {dialect_of(each) for each in (self.url, live) if each}
        dialects: list[Dialect] = [dialect] if dialect else sorted({"sqlite", *asked})
        if live and dialect_of(live) not in dialects:
            raise CannotCompare(f"That database is not one of {dialect}.")
        found: list[Comparison] = []
        shapes: list[Catalog] = []
        for each in dialects:
            server = self._server(live)
            try:
                with migrated(each, server) as url:
                    found += self._on(each, server, url, live)
                    shapes.append(shape_of(url))
            except CannotMigrate as fault:
                raise CannotCompare(f"The revisions cannot be taken on {each}: {fault}") from fault
        if len(shapes) > 1:
            found.append(against("both", " beside ".join(dialects), shapes[0], shapes[1], home))
        return found

    def _on(
        self, dialect: Dialect, server: str | None, url: str, live: str | None
    ) -> Iterator[Comparison]:
        expected = catalog_of(url)
        name = page(dialect)
        documented = catalog_by(text_of(dialect), dialect, server, name)
        yield against(dialect, name, expected, documented, lambda _: f"{name}, by `make schema`")
        described = catalog_by(models_sql(dialect), dialect, server, "What the models describe")
        yield against(dialect, "the models", expected, described, home)
        if live and dialect_of(live) == dialect:
            yield against(dialect, "the live database", expected, catalog_of(live), lambda _: LIVE)

    def _server(self, live: str | None) -> str | None:
        """Return a PostgreSQL server on which scratch databases may be made."""
        return next(
            (each for each in (self.url, live) if each and dialect_of(each) == "postgresql"), None
        )

    def export(self, dialect: Dialect, origin: Origin) -> str:
        """Take it from a scratch database, from the row classes or from the scripts."""
        if origin == "models":
            return models_sql(dialect)
        if origin == "revisions":
            if dialect == "sqlite":
                raise CannotCompare("SQLite's tables are changed by reading them: migrate one.")
            return offline_sql("postgresql+asyncpg://")
        with migrated(dialect, self._server(None)) as url:
            return schema_sql(url, AlembicMigrations(url).history())

    def draw(self) -> str:
        """Draw it from a scratch file."""
        with migrated("sqlite", None) as url:
            return diagram(url)

    def adopt(self, revision: str) -> None:
        """Compare it whole; nothing is written down that was not seen."""
        if now := AlembicMigrations(self.url).current():
            raise CannotMigrate(f"The database is at revision {now} already.")
        with refusals():
            if not unversioned_tables(self.url):
                raise CannotMigrate("The database is empty: migrate it.")
        with migrated(dialect_of(self.url), self._server(None), revision) as url:
            expected = catalog_of(url)
        found = differences(expected, catalog_of(self.url), lambda _: LIVE)
        if found:
            raise Drifted(found)
        with refusals():
            command.stamp(configured(self.url), revision)

    def rehearse(self, live: str | None, tell: Tell) -> Rehearsal:
        """Copy the rows into a scratch database, and take the revisions that are new to it."""
        source = with_driver(live or self.url)
        begun_at = AlembicMigrations(source).current()
        dialect = dialect_of(source)
        server = self._server(source)
        with a_scratch_database(dialect, server) as copy:
            begun(copy, begun_at)
            if dialect == "postgresql":
                found = differences(catalog_of(copy), catalog_of(source), lambda _: LIVE)
                if found:
                    return Rehearsal(begun_at, (), 0, found)
            rows = copied(source, copy)
            seconds = timed(copy, begun_at, tell)
            with migrated(dialect, server) as url:
                found = differences(catalog_of(url), catalog_of(copy), lambda _: LIVE)
        return Rehearsal(begun_at, seconds, rows, found)

    def create(self) -> bool:
        """Make a file that only its owner reads, or a database of a server."""
        with refusals():
            return make_database(self.url)

    def tables(self) -> Mapping[str, str]:
        """Look at what is there, of whatever revision."""
        with refusals():
            names = inspected(self.url, names_of)
        return {name: context_of(name) for name in sorted(names)}


def names_of(connection: Connection) -> list[str]:
    """Return the names of tables, and of views that are kept like tables."""
    found = inspect(connection)
    views = connection.dialect.name == "postgresql" and found.get_materialized_view_names()
    return [*found.get_table_names(), *(views or ())]
