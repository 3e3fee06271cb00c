"""Which class serves which interface of matching, and who hears of what."""

from importlib import import_module

from dishka import Provider, Scope, provide

from apps.matching.application.solve_want_list import SolveWantList
from apps.matching.domain.solving import AsideSolver
from apps.matching.infrastructure.child import ChildSolver


class MatchingWiring(Provider):
    """Rings, and matching rounds."""

    scope = Scope.APP

    solver = provide(ChildSolver, provides=AsideSolver)


def want_list_solver() -> SolveWantList:
    """Load what calculates, which nothing but a command needs in its own process."""
    flows = import_module("apps.matching.infrastructure.flows")
    rounds = import_module("apps.matching.infrastructure.round_solver")
    return SolveWantList(flows.OrtoolsCirculations(), rounds.best_loops)
