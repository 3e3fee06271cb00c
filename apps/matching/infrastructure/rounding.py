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
from apps.matching.infrastructure.pricing import WORTH, Floats, Pricing

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
        self.bound = sum(barter.supply)

    def __call__(self, tell: Tell) -> list[Loop]:
        """Propose, take, and fill the gaps greedily."""
        stock = Stock.of(self.barter)
        self.propose_by_scarcity(stock)
        for turn in range(1, PROPOSALS):
            if self.loops:
                self.propose(relaxed(stock, list(self.loops)))
            tell(0.7 * turn / PROPOSALS)
        found = self.rounded(stock, tell)
        left = greedy_loops(self.barter, stock, max_length=self.max_length, tell=lambda _: None)
        return found + left

    def propose_by_scarcity(self, stock: Stock) -> None:
        """Begin with the prices that the greedy one goes by."""
        scarcity = Scarcity.of(self.barter, stock)
        self.add(np.array(scarcity.lots), np.array(scarcity.asks))

    def propose(self, solved: Relaxed) -> None:
        """Add what the program would gain by, and where all have proposed, learn a bound."""
        pools = [sum(solved.of_pools[list(pools)]) for pools in self.barter.ask_pools]
        most = self.add(solved.of_lots, np.array(pools))
        if most is not None and most < 1:
            worth = float(
                np.dot(solved.of_lots, self.barter.supply)
                + np.dot(solved.of_pools, self.barter.slots)
            )
            self.bound = min(self.bound, int(worth / (1 - most) + TRACE))

    def add(self, of_lots: Floats, of_asks: Floats) -> float | None:
        """Let traders propose; tell the most that any loop gains per card where all have."""
        self.pricing.set_prices(of_lots, of_asks)
        everybody = range(self.pricing.traders)
        shard = SHARDS[self.max_length]
        several = self.dice.sample(everybody, shard) if len(everybody) > shard else everybody
        most = WORTH
        for gain, loop in self.pricing.proposals(several, self.max_length):
            most = max(most, gain)
            if self.fresh.allows(loop):
                self.loops.setdefault(turned(loop))
        return most if several is everybody else None

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
