"""Which class serves which interface of operations."""

from dishka import Provider, Scope, provide

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.application.database_figures import ListTopQueries, MeasureTables
from apps.operations.infrastructure.database_figures import SqlListTopQueries, SqlMeasureTables
from apps.operations.infrastructure.invariants import SqlCheckInvariants


class OperationsWiring(Provider):
    """Questions over all tables at once."""

    scope = Scope.APP

    sizes = provide(SqlMeasureTables, provides=MeasureTables)
    top_queries = provide(SqlListTopQueries, provides=ListTopQueries)
    invariants = provide(SqlCheckInvariants, provides=CheckInvariants)
