"""A circulation taken apart into loops, each as short as it can then be found."""

from collections.abc import Iterator
from itertools import pairwise

from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.circulation import Flow
from apps.matching.domain.solving import Tell

BETWEEN_NEWS = 512

Level = set[int]
"""What is so many steps from a trader, or so many back."""


def short_loops(barter: Barter, flow: Flow, tell: Tell) -> list[Loop]:
    """Take loops through one trader after the other until nothing flows; nobody is in one twice."""
    left = Left(barter, flow)
    found: list[Loop] = []
    moved = 0
    for trader in range(left.traders):
        for loop in left.loops_through(trader):
            found.append(loop)
            moved += len(loop)
        if not trader % BETWEEN_NEWS:
            tell(moved / max(1, flow.cards))
    return found


class Left:
    """What still flows, from traders to goods and on to traders; goods are numbered behind these.

    Each way from one to the next has a lot or an ask for every unit. A number is one object
    everywhere: sets that know it by its identity are a fifth faster.
    """

    def __init__(self, barter: Barter, flow: Flow) -> None:
        self.traders = len(barter.traders_lots)
        nodes = list(range(self.traders + len(barter.goods_lots)))
        self.onward: list[dict[int, list[int]]] = [{} for _ in nodes]
        self.before: list[Level] = [set() for _ in nodes]
        for lot, units in enumerate(flow.given):
            if units:
                good = nodes[self.traders + barter.lot_good[lot]]
                self.lead(nodes[barter.lot_trader[lot]], good, lot, units)
        for good, ask, units in flow.taken:
            taker = nodes[barter.ask_trader[ask]]
            self.lead(nodes[self.traders + good], taker, ask, units)

    def lead(self, tail: int, head: int, by: int, units: int) -> None:
        """Let units flow from one to the next."""
        self.onward[tail].setdefault(head, []).extend([by] * units)
        self.before[head].add(tail)

    def loops_through(self, trader: int) -> Iterator[Loop]:
        """Take them until nothing flows through this trader, the shortest first."""
        while self.onward[trader]:
            forth, back = self.levels(trader)
            for middle in sorted(forth[-1] & back[-1]):
                if nodes := self.way_through(middle, forth, back):
                    yield self.take(nodes)
                    if not self.onward[trader]:
                        return

    def levels(self, start: int) -> tuple[list[Level], list[Level]]:
        """Go forth and back, where fewer are to be passed, until the ways meet."""
        forth, back = [{start}], [{start}]
        seen, known = set[int](), set[int]()
        while forth[-1] and back[-1]:
            if len(forth[-1]) <= len(back[-1]):
                level = set[int]().union(*[self.onward[node] for node in forth[-1]])
                level -= seen
                seen |= level
                forth.append(level)
            else:
                level = set[int]().union(*[self.before[node] for node in back[-1]])
                level -= known
                known |= level
                back.append(level)
            if not forth[-1].isdisjoint(back[-1]):
                return forth, back
        raise AssertionError("More flows out of a trader than flows in.")

    def way_through(self, middle: int, forth: list[Level], back: list[Level]) -> list[int] | None:
        """Go from the middle to the start both ways, if that is left; begin and end there."""
        nodes = [middle]
        for level in reversed(forth[:-1]):
            if not (earlier := self.before[nodes[-1]] & level):
                return None
            nodes.append(min(earlier))
        nodes.reverse()
        for level in reversed(back[:-1]):
            if not (later := self.onward[nodes[-1]].keys() & level):
                return None
            nodes.append(min(later))
        return nodes

    def take(self, nodes: list[int]) -> Loop:
        """Take one unit out all along a way."""
        drawn = []
        for tail, head in pairwise(nodes):
            units = self.onward[tail][head]
            drawn.append(units.pop())
            if not units:
                del self.onward[tail][head]
                self.before[head].remove(tail)
        return tuple(zip(drawn[::2], drawn[1::2], strict=True))
