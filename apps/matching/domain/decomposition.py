"""A circulation taken apart into loops, each as short as it can then be found."""

from collections import defaultdict, deque
from collections.abc import Iterator
from math import isqrt

from apps.matching.domain.barter import Barter, Loop, Step
from apps.matching.domain.circulation import Flow
from apps.matching.domain.solving import Tell

BETWEEN_NEWS = 512
NEARBY = 2
"""How many times the root of their number the search goes back before it goes out."""


def short_loops(barter: Barter, flow: Flow, tell: Tell) -> list[Loop]:
    """Take loops through one trader after the other until nothing flows; nobody is in one twice."""
    left = Left(barter, flow)
    found: list[Loop] = []
    traders = range(len(barter.traders_lots))
    for trader in traders:
        found.extend(left.loops_through(trader))
        if not trader % BETWEEN_NEWS:
            tell(trader / len(traders))
    return found


class Left:
    """Which units still flow: from traders by lot, and from goods by ask."""

    def __init__(self, barter: Barter, flow: Flow) -> None:
        self.barter = barter
        self.nearby = NEARBY * isqrt(len(barter.traders_lots))
        self.given = list(flow.given)
        self.lots: list[list[int]] = [[] for _ in barter.traders_lots]
        self.holders: defaultdict[int, dict[int, None]] = defaultdict(dict)
        for lot, units in enumerate(flow.given):
            if units:
                self.lots[barter.lot_trader[lot]].append(lot)
                self.holders[barter.lot_good[lot]][lot] = None
        self.takers: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self.asked: list[dict[int, list[int]]] = [{} for _ in barter.traders_asks]
        for (good, ask), units in flow.taken.items():
            self.takers[good][ask] = units
            self.asked[barter.ask_trader[ask]].setdefault(good, []).append(ask)

    def loops_through(self, trader: int) -> Iterator[Loop]:
        """Take them until nothing flows through this trader."""
        while self.lots[trader]:
            loop = self.shortest(trader)
            for step in loop:
                self.draw(step)
            yield loop

    def shortest(self, start: int) -> Loop:
        """Go back from a trader a little, then out, nearest first, until the ways meet."""
        after = self.ways_back(start)
        lots, trader_of, good_of = self.lots, self.barter.ask_trader, self.barter.lot_good
        before: dict[int, Step] = {}
        seen: set[int] = set()
        waiting = deque((start,))
        while waiting:
            for lot in lots[waiting.popleft()]:
                good = good_of[lot]
                if good in seen:
                    continue
                seen.add(good)
                for ask in self.takers[good]:
                    taker = trader_of[ask]
                    if taker in before or taker == start:
                        continue
                    before[taker] = lot, ask
                    if taker in after:
                        return self.joined(start, taker, before, after)
                    waiting.append(taker)
        raise AssertionError("More flows out of a trader than flows in.")

    def ways_back(self, start: int) -> dict[int, Step]:
        """Tell the step that leads from each trader nearby towards the start."""
        after: dict[int, Step] = {}
        seen: set[int] = set()
        waiting = deque((start,))
        while waiting and len(after) < self.nearby:
            for good, asks in self.asked[waiting.popleft()].items():
                if good in seen:
                    continue
                seen.add(good)
                for lot in self.holders[good]:
                    giver = self.barter.lot_trader[lot]
                    if giver not in after and giver != start:
                        after[giver] = lot, asks[0]
                        waiting.append(giver)
        return after

    def joined(
        self, start: int, middle: int, before: dict[int, Step], after: dict[int, Step]
    ) -> Loop:
        """Tell the steps from the start to the middle, and on to the start again."""
        steps: deque[Step] = deque()
        trader = middle
        while trader != start:
            steps.appendleft(before[trader])
            trader = self.barter.lot_trader[steps[0][0]]
        trader = middle
        while trader != start:
            steps.append(after[trader])
            trader = self.barter.ask_trader[steps[-1][1]]
        return tuple(steps)

    def draw(self, step: Step) -> None:
        """Take one unit out."""
        lot, ask = step
        good, trader = self.barter.lot_good[lot], self.barter.lot_trader[lot]
        self.given[lot] -= 1
        if not self.given[lot]:
            self.lots[trader].remove(lot)
            del self.holders[good][lot]
        takers, asked = self.takers[good], self.asked[self.barter.ask_trader[ask]]
        takers[ask] -= 1
        if not takers[ask]:
            del takers[ask]
            asked[good].remove(ask)
            if not asked[good]:
                del asked[good]
