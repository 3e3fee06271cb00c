"""Loops by prices: a linear program over the loops worth having, rounded step by step."""

from math import inf
from random import Random

import numpy as np

from apps.matching.domain.barter import Barter, Loop, turned
from apps.matching.domain.greedy import greedy_loops
from apps.matching.domain.scarcity import Scarcity
from apps.matching.domain.solving import Tell
from apps.matching.domain.stock import Stock
from apps.matching.infrastructure.packing import Relaxed, relaxed
from apps.matching.infrastructure.pricing import Floats, Priced, Pricing

SHARDS = {2: 2000, 3: 2000, 4: 500}
"""How many traders propose loops at a time, by how long these may be."""
PROPOSALS = 9
"""How often loops are proposed."""
AT_ONCE = 0.2
"""Which part of what the program moves is taken before it is solved again for what is left."""
CERTAIN = 0.9
"""How much of a loop the program has to take for it to be taken in any case."""
ROUNDINGS = 12
TRACE = 1e-3


class Guided:
    """Proposes loops by the prices of the program so far, then takes them by its shares."""

    def __init__(self, barter: Barter, *, max_length: int, seed: int) -> None:
        self.barter = barter
        self.max_length = max_length
        self.pricing = Pricing(barter)
        self.fresh = Stock.of(barter)
        self.dice = Random(seed)
        self.loops: dict[Loop, None] = {}

    def __call__(self, tell: Tell) -> tuple[list[Loop], int]:
        """Propose, take, and fill the gaps greedily; tell a bound on what any loops could move."""
        stock = Stock.of(self.barter)
        scarcity = Scarcity.of(self.barter, stock)
        self.propose(np.array(scarcity.lots), np.array(scarcity.asks))
        bound = sum(self.barter.supply)
        for turn in range(1, PROPOSALS):
            if self.loops:
                bound = min(bound, self.improve(relaxed(stock, list(self.loops))))
            tell(0.7 * turn / PROPOSALS)
        found = self.rounded(stock, tell)
        left = greedy_loops(self.barter, stock, max_length=self.max_length, tell=lambda _: None)
        return found + left, bound

    def improve(self, solved: Relaxed) -> int:
        """Propose what the program would gain by; where all have, its prices give a bound."""
        of_asks = [sum(solved.of_pools[list(pools)]) for pools in self.barter.ask_pools]
        most = self.propose(solved.of_lots, np.array(of_asks))
        if most >= 1:
            return sum(self.barter.supply)
        of_all = solved.of_lots @ self.barter.supply + solved.of_pools @ self.barter.slots
        return int(of_all / (1 - most) + TRACE)

    def propose(self, of_lots: Floats, of_asks: Floats) -> float:
        """Let traders propose; tell what no loop gains more than per card, or 1 if some did not."""
        everybody = range(self.pricing.traders)
        shard = SHARDS[self.max_length]
        several = self.dice.sample(everybody, shard) if len(everybody) > shard else everybody
        priced = Priced(self.pricing, of_lots, of_asks)
        loops, most = priced.proposals(several, self.max_length)
        for loop in loops:
            if self.fresh.allows(loop):
                self.loops.setdefault(turned(loop))
        return most if several is everybody else 1

    def rounded(self, stock: Stock, tell: Tell) -> list[Loop]:
        """Take what is certain, solve again for what is left, and at last take what fits."""
        found: list[Loop] = []
        loops = list(self.loops)
        for turn in range(ROUNDINGS):
            if not (loops := [loop for loop in loops if stock.allows(loop)]):
                break
            shares = relaxed(stock, loops).shares
            lengths = np.array([len(loop) for loop in loops])
            wanted = AT_ONCE * float(shares @ lengths) if turn < ROUNDINGS - 1 else inf
            for place in np.argsort(-shares, kind="stable").tolist():
                if shares[place] < TRACE or (shares[place] < CERTAIN and wanted <= 0):
                    break
                if stock.allows(loops[place]):
                    stock.take(loops[place])
                    found.append(loops[place])
                    wanted -= len(loops[place])
            tell(0.7 + 0.2 * (turn + 1) / ROUNDINGS)
        return found
