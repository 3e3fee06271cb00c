"""Solve a want list: a round of short rings, or the most that can change hands at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.matching.domain.expectation import LIKELY
from apps.matching.domain.network import Circulations
from apps.matching.domain.solving import LoopSolver, Tell
from apps.matching.domain.unlimited import unlimited_loops
from apps.matching.domain.want_list import Entry, Handover, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedList:
    """Rings, the most that any could move, and what to expect where each user consents or not."""

    rings: tuple[tuple[Handover, ...], ...]
    bound: int

    @property
    def traded(self) -> int:
        """How many items change hands."""
        return sum(map(len, self.rings))

    @property
    def expected(self) -> float:
        """How many of them, if every user consents as often as members do."""
        return sum(len(ring) * LIKELY ** len({one.giver for one in ring}) for ring in self.rings)


@dataclass(frozen=True, slots=True)
class SolveWantList:
    """With a limit, rings of at most so many items; without, the maximum in rings of any length."""

    circulate: Circulations
    solve: LoopSolver

    def __call__(
        self, entries: Sequence[Entry], *, max_length: int | None, seed: int, tell: Tell
    ) -> SolvedList:
        market = listed(entries, seed)
        if max_length is None:
            loops, bound = unlimited_loops(market.barter, self.circulate, tell)
        else:
            loops, bound = self.solve(market.barter, max_length=max_length, seed=seed, tell=tell)
        rings = (market.handovers(loop) for loop in loops)
        return SolvedList(
            rings=tuple(sorted(rings, key=lambda ring: (len(ring), ring[0].giver, ring[0].item))),
            bound=bound,
        )
