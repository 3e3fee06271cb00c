"""A circulation taken apart into loops, each as short as it can then be found."""

from collections import defaultdict, deque
from collections.abc import Iterator

from apps.matching.domain.barter import Barter, Loop, Step
from apps.matching.domain.circulation import Flow
from apps.matching.domain.solving import Tell

BETWEEN_NEWS = 512


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
        self.given = list(flow.given)
        self.lots: list[list[int]] = [[] for _ in barter.traders_lots]
        self.holders: defaultdict[int, dict[int, None]] = defaultdict(dict)
        for lot, units in enumerate(flow.given):
            if units:
                self.lots[barter.lot_trader[lot]].append(lot)
                self.holders[barter.lot_good[lot]][lot] = None
        self.takers: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self.asked: list[dict[int, int]] = [{} for _ in barter.traders_asks]
        for (good, ask), units in flow.taken.items():
            self.takers[good][ask] = units
            wanted = self.asked[barter.ask_trader[ask]]
            wanted[good] = wanted.get(good, 0) + units

    def loops_through(self, trader: int) -> Iterator[Loop]:
        """Take them until nothing flows through this trader."""
        while self.lots[trader]:
            loop = self.shortest(trader)
            for step in loop:
                self.draw(step)
            yield loop

    def shortest(self, start: int) -> Loop:
        """Go out from a trader, nearest first, until somebody holds what comes back to them."""
        lots, holders, trader_of = self.lots, self.holders, self.barter.ask_trader
        good_of, wanted = self.barter.lot_good, self.asked[start]
        before: dict[int, tuple[int, Step]] = {}
        seen_goods: set[int] = set()
        waiting = deque((start,))
        givers = {self.barter.lot_trader[lot]: lot for good in wanted for lot in holders[good]}
        while waiting:
            trader = waiting.popleft()
            if trader in givers:
                return self.back(start, trader, givers[trader], before)
            for lot in lots[trader]:
                good = good_of[lot]
                if good in seen_goods:
                    continue
                seen_goods.add(good)
                for ask in self.takers[good]:
                    taker = trader_of[ask]
                    if taker != start and taker not in before:
                        before[taker] = trader, (lot, ask)
                        if taker in givers:
                            return self.back(start, taker, givers[taker], before)
                        waiting.append(taker)
        raise AssertionError("More flows out of a trader than flows in.")

    def back(self, start: int, last: int, lot: int, before: dict[int, tuple[int, Step]]) -> Loop:
        """Tell the steps from the start to the last trader, and the one that closes the loop."""
        takers = self.takers[self.barter.lot_good[lot]]
        ask = next(one for one in takers if self.barter.ask_trader[one] == start)
        steps = [(lot, ask)]
        while last != start:
            last, step = before[last]
            steps.append(step)
        return tuple(reversed(steps))

    def draw(self, step: Step) -> None:
        """Take one unit out."""
        lot, ask = step
        good, trader = self.barter.lot_good[lot], self.barter.lot_trader[lot]
        self.given[lot] -= 1
        if not self.given[lot]:
            self.lots[trader].remove(lot)
            del self.holders[good][lot]
        takers, wanted = self.takers[good], self.asked[self.barter.ask_trader[ask]]
        takers[ask] -= 1
        if not takers[ask]:
            del takers[ask]
        wanted[good] -= 1
        if not wanted[good]:
            del wanted[good]
