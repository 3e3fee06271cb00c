"""The solver of matching rounds; only the worker's child and the command load this."""

from collections.abc import Iterable

from apps.matching.domain.all_loops import all_loops
from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.circulation import largest_flow
from apps.matching.domain.greedy import greedy_loops
from apps.matching.domain.market import Market
from apps.matching.domain.pooling import pooled
from apps.matching.domain.ring import PAIR
from apps.matching.domain.solving import STRATEGY, VERSION, Solution, Solver, Tell
from apps.matching.domain.stock import Stock
from apps.matching.infrastructure.flows import OrtoolsCirculations
from apps.matching.infrastructure.packing import packed
from apps.matching.infrastructure.rounding import Guided

MOST_GUIDED = 6_000_000
"""Possible gifts above which only scarcity decides: their arrays would be too large."""
MOST_TRIED = 300_000
"""Possible gifts, those of a thousand members, up to which rings of three are held against pairs.

That takes time, and pairs are far behind in large markets; rings of four are always held against
those of three, which are looked for among more.
"""
USUAL = 3


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
    most = largest_flow(barter, OrtoolsCirculations()).cards
    if not most:
        return [], 0
    least = PAIR if barter.possible_gifts() <= MOST_TRIED else USUAL
    loops, bound = no_worse(barter, least, max_length=max_length, seed=seed, tell=tell)
    return loops, min(most, bound)


def no_worse(
    barter: Barter, least: int, *, max_length: int, seed: int, tell: Tell
) -> tuple[list[Loop], int]:
    """Find loops; where shorter ones and what can be added to them move more, take those."""
    if max_length <= least:
        return loops_within(barter, max_length=max_length, seed=seed, tell=tell)
    loops, bound = loops_within(
        barter, max_length=max_length, seed=seed, tell=lambda done: tell(done / 2)
    )
    if cards(loops) < bound:
        shorter, _ = no_worse(
            barter,
            least,
            max_length=max_length - 1,
            seed=seed,
            tell=lambda done: tell((1 + done) / 2),
        )
        loops = max(loops, completed(barter, shorter, max_length), key=cards)
    return loops, bound


def completed(barter: Barter, loops: list[Loop], max_length: int) -> list[Loop]:
    """Add what is still possible."""
    stock = Stock.of(barter)
    for loop in loops:
        stock.take(loop)
    return loops + greedy_loops(barter, stock, max_length=max_length, tell=lambda _: None)


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
