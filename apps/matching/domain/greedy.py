"""Scarcity first: who has the fewest ways to swap chooses first, and takes what fewest can use."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush

from apps.matching.domain.barter import Barter, Loop, Step
from apps.matching.domain.scarcity import Scarcity
from apps.matching.domain.solving import Tell
from apps.matching.domain.stock import Stock

BREADTH = 60
"""How many ways out of a trader, or into one, are looked at for one loop."""
BETWEEN_NEWS = 256
THREE, FOUR = 3, 4

Way = tuple[float, Step]
"""What a step costs in scarcity, and the step."""
Ways = dict[int, Way]
"""The cheapest way to each trader, or from each."""
Best = tuple[float, Loop] | None


def greedy_loops(barter: Barter, stock: Stock, *, max_length: int, tell: Tell) -> list[Loop]:
    """Take loops out of a stock until no trader finds another."""
    seeker = Seeker(barter, stock, max_length)
    waiting = [(options, trader) for trader, options in enumerate(seeker.scarcity.options())]
    heapify(waiting)
    total = len(waiting)
    found: list[Loop] = []
    while waiting:
        options, trader = heappop(waiting)
        if loop := seeker.best_loop(trader):
            seeker.take(loop)
            found.append(loop)
            heappush(waiting, (options, trader))
        elif not len(waiting) % BETWEEN_NEWS:
            tell(1 - len(waiting) / total)
    return found


class Seeker:
    """Finds the cheapest loop through a trader, as far as it looks, among what is not used up."""

    def __init__(self, barter: Barter, stock: Stock, max_length: int) -> None:
        self.barter = barter
        self.stock = stock
        self.max_length = max_length
        self.scarcity = Scarcity.of(barter, stock)
        asks = {ask for ask in range(len(barter.ask_trader)) if stock.accepts(ask)}
        lots = {lot for lot, units in enumerate(stock.supply) if units}
        self.takers = [self.scarcity.by_ask(asks.intersection(some)) for some in barter.goods_asks]
        self.holders = [self.scarcity.by_lot(lots.intersection(some)) for some in barter.goods_lots]
        self.lots = [[lot for lot in some if lot in lots] for some in barter.traders_lots]
        self.asks = [[ask for ask in some if ask in asks] for some in barter.traders_asks]
        self.drawing: defaultdict[int, set[int]] = defaultdict(set)
        for ask in asks:
            for pool in barter.ask_pools[ask]:
                self.drawing[pool].add(ask)

    def take(self, loop: Loop) -> None:
        """Use what a loop needs, and look no more at what is then used up."""
        self.stock.take(loop)
        for lot, ask in loop:
            if not self.stock.supply[lot]:
                self.holders[self.barter.lot_good[lot]].remove(lot)
                self.lots[self.barter.lot_trader[lot]].remove(lot)
            for pool in self.barter.ask_pools[ask]:
                if not self.stock.slots[pool]:
                    for closed in sorted(self.drawing.pop(pool, ())):
                        self.close(closed)

    def close(self, ask: int) -> None:
        """Forget an ask."""
        for pool in self.barter.ask_pools[ask]:
            self.drawing.get(pool, set()).discard(ask)
        self.asks[self.barter.ask_trader[ask]].remove(ask)
        for good in self.barter.ask_goods[ask]:
            self.takers[good].remove(ask)

    def best_loop(self, trader: int) -> Loop | None:
        """Look at pairs first, then at three, and at four only where there is nothing shorter."""
        if not (back := self.ways_back(trader)) or not (forth := self.ways_forth(trader)):
            return None
        best = self.of_two(forth, back)
        if self.max_length >= THREE:
            best = self.of_three(best, trader, forth, back)
        if best is None and self.max_length >= FOUR:
            best = self.of_four(trader, forth, back)
        return best[1] if best else None

    def ways_forth(self, trader: int) -> Ways:
        """Tell to whom a trader can give."""
        ways: Ways = {}
        for lot in self.lots[trader]:
            for ask in self.takers[self.barter.lot_good[lot]][:BREADTH]:
                self.note(ways, trader, self.barter.ask_trader[ask], (lot, ask))
        return ways

    def ways_back(self, trader: int) -> Ways:
        """Tell who can give to a trader."""
        ways: Ways = {}
        for ask in self.asks[trader]:
            for good in self.barter.ask_goods[ask]:
                for lot in self.holders[good][:BREADTH]:
                    self.note(ways, trader, self.barter.lot_trader[lot], (lot, ask))
        return ways

    def note(self, ways: Ways, me: int, other: int, step: Step) -> None:
        """Keep the cheapest way to another trader."""
        cost = self.scarcity.cost(step)
        known = ways.get(other)
        if (known is None or cost < known[0]) and not self.barter.are_apart(me, other):
            ways[other] = (cost, step)

    def of_two(self, forth: Ways, back: Ways) -> Best:
        """Find the cheapest pair."""
        best: Best = None
        for other, way in forth.items():
            if other in back:
                best = self.cheaper(best, way, back[other])
        return best

    def of_three(self, best: Best, trader: int, forth: Ways, back: Ways) -> Best:
        """Find a cheap loop of three: from each receiver the first way to somebody who gives."""
        for second, way in nearest(forth):
            for third, onward in self.onward(second, back):
                if third != trader:
                    best = self.cheaper(best, way, onward, back[third])
        return best

    def onward(self, second: int, back: Ways) -> Iterator[tuple[int, Way]]:
        """Tell of each lot of the second the first way into those who give to the first."""
        trader_of = self.barter.ask_trader
        for lot in self.lots[second]:
            for ask in self.takers[self.barter.lot_good[lot]][:BREADTH]:
                third = trader_of[ask]
                if third in back and not self.barter.are_apart(second, third):
                    yield third, (self.scarcity.cost((lot, ask)), (lot, ask))
                    break

    def of_four(self, trader: int, forth: Ways, back: Ways) -> Best:
        """Find any loop of four."""
        apart = self.barter.are_apart
        for second, way in nearest(forth):
            for third, onward in nearest(self.ways_forth(second)):
                if third == trader or apart(trader, third):
                    continue
                for fourth, last in self.onward(third, back):
                    if fourth in {trader, second} or apart(second, fourth):
                        continue
                    if best := self.cheaper(None, way, onward, last, back[fourth]):
                        return best
        return None

    def cheaper(self, best: Best, *ways: Way) -> Best:
        """Choose between the best so far and a loop of these ways; the first of equals."""
        cost = sum(way[0] for way in ways) / len(ways)
        if best is None or cost < best[0]:
            loop = tuple(way[1] for way in ways)
            if self.stock.allows(loop):
                return (cost, loop)
        return best


def nearest(ways: Ways) -> Iterable[tuple[int, Way]]:
    """Tell the cheapest of them."""
    return sorted(ways.items(), key=lambda way: way[1][0])[:BREADTH]
