"""The solver of matching rounds; only the worker's child and the command load this."""

from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.circulation import largest_flow
from apps.matching.domain.greedy import greedy_loops
from apps.matching.domain.market import Market
from apps.matching.domain.pooling import pooled
from apps.matching.domain.solving import Solution, Solver, Tell
from apps.matching.domain.stock import Stock
from apps.matching.infrastructure.flows import OrtoolsCirculations


class RoundSolver(Solver):
    """Greedy, and bounded by the largest circulation."""

    strategy = "scarcity"
    version = 1

    def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        """Solve it."""
        pool = pooled(market, seed)
        loops, bound = best_loops(pool.barter, max_length=max_length, tell=tell)
        return Solution(rings=pool.rings(loops), bound=bound)


def best_loops(barter: Barter, *, max_length: int, tell: Tell) -> tuple[list[Loop], int]:
    """Find loops, and the most cards that any could move."""
    bound = largest_flow(barter, OrtoolsCirculations()).cards
    return greedy_loops(barter, Stock.of(barter), max_length=max_length, tell=tell), bound
