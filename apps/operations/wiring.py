"""Which class serves which interface of operations."""

from dishka import Provider, Scope, provide

from apps.operations.application.check_invariants import CheckInvariants
from apps.operations.application.outside_changes import AcceptOutsideChange, OutsideChanges
from apps.operations.infrastructure.invariants import SqlCheckInvariants
from apps.operations.infrastructure.outside_changes import SqlOutsideChanges


class OperationsWiring(Provider):
    """Questions over all tables at once."""

    scope = Scope.APP

    invariants = provide(SqlCheckInvariants, provides=CheckInvariants)
    outside_changes = provide(SqlOutsideChanges, provides=OutsideChanges)
    accept = provide(AcceptOutsideChange)
