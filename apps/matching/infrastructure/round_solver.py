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
USUAL = 3
"""Longer loops are looked for beside these: their search looks at fewer of them."""
PART = 0.6
"""Of the time goes into the longer ones."""


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

    It is that of the largest flow, or of the linear program or the exact proof where lower. Where
    loops may be long, those that are not and what can be added to them may be more.
    """
    most = largest_flow(barter, OrtoolsCirculations()).cards
    if not most:
        return [], 0
    part = 1 if max_length <= USUAL else PART
    loops, proven = loops_within(
        barter, max_length=max_length, seed=seed, tell=lambda done: tell(part * done)
    )
    bound = min(most, proven)
    if max_length > USUAL and cards(loops) < bound:
        others, _ = loops_within(
            barter, max_length=USUAL, seed=seed, tell=lambda done: tell(part + (1 - part) * done)
        )
        stock = Stock.of(barter)
        for loop in others:
            stock.take(loop)
        others += greedy_loops(barter, stock, max_length=max_length, tell=lambda _: None)
        loops = max(loops, others, key=cards)
    return loops, bound


def loops_within(
    barter: Barter, *, max_length: int, seed: int, tell: Tell
) -> tuple[list[Loop], int]:
    """Find loops of at most so many traders, and a bound if there is a proof of one."""
    stock, exact, bound = Stock.of(barter), list[Loop](), sum(barter.supply)
    if (listed := all_loops(barter, max_length)) is not None:
        hint = greedy_loops(barter, Stock.of(barter), max_length=max_length, tell=lambda _: None)
        exact, bound = packed(stock, listed, hint)
        if cards(exact) == bound:
            return exact, bound
    if barter.possible_gifts() > MOST_GUIDED:
        return greedy_loops(barter, stock, max_length=max_length, tell=tell), bound
    loops, proven = Guided(barter, max_length=max_length, seed=seed)(tell)
    return max(loops, exact, key=cards), min(bound, proven)


def cards(loops: Iterable[Loop]) -> int:
    """Count what loops move."""
    return sum(map(len, loops))
