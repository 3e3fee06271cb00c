"""The solver of matching rounds; only the worker's child and the command load this."""

from collections.abc import Iterable

from apps.matching.domain.all_loops import all_loops
from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.circulation import largest_flow
from apps.matching.domain.greedy import greedy_loops
from apps.matching.domain.market import Market
from apps.matching.domain.pooling import pooled
from apps.matching.domain.solving import STRATEGY, VERSION, Solution, Solver, Tell
from apps.matching.domain.stock import Stock
from apps.matching.infrastructure.flows import OrtoolsCirculations
from apps.matching.infrastructure.packing import packed
from apps.matching.infrastructure.rounding import Guided

MOST_GUIDED = 6_000_000
"""Possible gifts above which only scarcity decides: their arrays would be too large."""


class RoundSolver(Solver):
    """Exact where all loops can be listed, else by the prices of a linear program."""

    strategy = STRATEGY
    version = VERSION

    def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        """Solve it; members and ties are ordered by the seed."""
        pool = pooled(market, seed)
        loops, bound = best_loops(pool.barter, max_length=max_length, seed=seed, tell=tell)
        tell(1)
        return Solution(rings=pool.rings(loops), bound=bound)


def best_loops(barter: Barter, *, max_length: int, seed: int, tell: Tell) -> tuple[list[Loop], int]:
    """Find loops, and a bound on the cards that any could move.

    It is that of the largest flow, or of the linear program or the exact proof where lower.
    """
    bound = largest_flow(barter, OrtoolsCirculations()).cards
    if not bound:
        return [], 0
    stock, exact = Stock.of(barter), list[Loop]()
    if (listed := all_loops(barter, max_length)) is not None:
        hint = greedy_loops(barter, Stock.of(barter), max_length=max_length, tell=lambda _: None)
        exact, proven = packed(stock, listed, hint)
        bound = min(bound, proven)
        if cards(exact) == bound:
            return exact, bound
    if barter.possible_gifts() > MOST_GUIDED:
        return greedy_loops(barter, stock, max_length=max_length, tell=tell), bound
    loops, proven = Guided(barter, max_length=max_length, seed=seed)(tell)
    return max(loops, exact, key=cards), min(bound, proven)


def cards(loops: Iterable[Loop]) -> int:
    """Count what loops move."""
    return sum(map(len, loops))
