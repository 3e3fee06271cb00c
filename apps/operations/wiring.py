"""Which class serves which interface of operations."""

from dishka import Provider, Scope, provide

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.infrastructure.invariants import SqlCheckInvariants


class OperationsWiring(Provider):
    """Questions over all tables at once."""

    scope = Scope.APP

    invariants = provide(SqlCheckInvariants, provides=CheckInvariants)
