"""Solving: which rings of a market together let the most cards change hands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.market import Market
from apps.matching.domain.ring import Ring

STRATEGY = "exact-or-priced"
VERSION = 2
"""Rises with whatever may change the rings of the same market, a new ortools too."""

Tell = Callable[[float], None]
"""Is told from time to time how much is done, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Rings of which no two use the same copy or slot, and the most cards that any could move."""

    rings: tuple[Ring, ...]
    bound: int

    @property
    def cards(self) -> int:
        """How many copies change hands."""
        return sum(len(ring.gifts) for ring in self.rings)


class Solver(Protocol):
    """Finds the best rings of at most so many members; the same input gives the same rings."""

    strategy: str
    version: int

    def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        """Return them; the seed decides between what is equally good."""
        ...


class LoopSolver(Protocol):
    """What a solver does with a market in numbers."""

    def __call__(
        self, barter: Barter, *, max_length: int, seed: int, tell: Tell
    ) -> tuple[list[Loop], int]:
        """Return loops that fit together, and a bound on the cards that any could move."""
        ...


class AsideSolver(Protocol):
    """Solves in a process of its own while its caller's event loop goes on."""

    strategy: str
    version: int

    async def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        """Return what the solver does; a caller that is cancelled ends the search."""
        ...
