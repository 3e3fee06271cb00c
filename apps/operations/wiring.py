"""Which class serves which interface of operations."""

from collections.abc import Callable

import typer
from dishka import Provider, Scope, provide

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.application.database_figures import ListTopQueries, MeasureTables
from apps.operations.application.outside_changes import AcceptOutsideChange, OutsideChanges
from apps.operations.infrastructure.database_figures import SqlListTopQueries, SqlMeasureTables
from apps.operations.infrastructure.invariants import SqlCheckInvariants
from apps.operations.infrastructure.migrations import AlembicMigrations
from apps.operations.infrastructure.outside_changes import SqlOutsideChanges
from apps.operations.infrastructure.schemas import SqlSchemas
from apps.operations.presentation import schema


class OperationsWiring(Provider):
    """Questions over all tables at once."""

    scope = Scope.APP

    sizes = provide(SqlMeasureTables, provides=MeasureTables)
    top_queries = provide(SqlListTopQueries, provides=ListTopQueries)
    invariants = provide(SqlCheckInvariants, provides=CheckInvariants)
    outside_changes = provide(SqlOutsideChanges, provides=OutsideChanges)
    accept = provide(AcceptOutsideChange)


def schema_commands(url: Callable[[], str], docs: typer.Typer) -> typer.Typer:
    """Build `kcs db` over the database of a URL, and add the page about its tables."""
    schema.add_page(docs, lambda: SqlSchemas(url()))
    return schema.commands(lambda: AlembicMigrations(url()), lambda: SqlSchemas(url()))


def migrate(url: str, tell: Callable[[str], None]) -> None:
    """Migrate as `kcs db upgrade` does."""
    schema.bring(AlembicMigrations(url), "head", tell)
