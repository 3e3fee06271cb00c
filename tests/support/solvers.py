"""Solvers of rounds for tests: greedy in this process, and slow ones to be killed at work."""

import asyncio
from dataclasses import dataclass

from dishka import Provider, Scope

from apps.matching.domain.greedy import greedy_loops
from apps.matching.domain.market import Market
from apps.matching.domain.pooling import pooled
from apps.matching.domain.solving import AsideSolver, Solution, Tell
from apps.matching.domain.stock import Stock
from apps.matching.wiring import HANDLERS, RECURRING
from apps.shared.application.jobs import Duties


@dataclass
class NearSolver(AsideSolver):
    """Greedy, at once, without a process of its own; `nap` seconds pass before."""

    nap: float = 0
    strategy: str = "near"
    version: int = 0

    async def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        tell(0.5)
        await asyncio.sleep(self.nap)
        pool = pooled(market, seed)
        stock = Stock.of(pool.barter)
        rings = pool.rings(greedy_loops(pool.barter, stock, max_length=max_length, tell=tell))
        return Solution(rings=rings, bound=sum(len(ring.gifts) for ring in rings))


def solving_with(solver: AsideSolver) -> Provider:
    """Have rounds solved by this one."""
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: solver, provides=AsideSolver)
    return provider


def rounds_only() -> Provider:
    """Have workers do nothing else, which takes them no time."""
    provider = Provider(scope=Scope.APP)
    duties = Duties(recurring=RECURRING, handlers=HANDLERS)
    provider.provide(lambda: duties, provides=Duties)
    return provider
