"""Loops that cross themselves, split into shorter ones that move the same cards."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from apps.matching.domain.barter import Barter, Loop, Step
from apps.matching.domain.ring import PAIR
from apps.matching.domain.stock import Stock

LONGEST_PART = 50
"""How long a part may be that is split off."""

Asks = Mapping[int, list[int]]
"""By which asks somebody would take what is given at each place of a loop."""


def uncrossed(barter: Barter, loops: Iterable[Loop]) -> list[Loop]:
    """Split each as often as its traders would take what the other of two is given."""
    stock = Stock.of(barter)
    waiting = list(loops)
    for loop in waiting:
        stock.take(loop)
    knot = Knot(barter, stock)
    done: list[Loop] = []
    while waiting:
        loop = waiting.pop()
        if parts := knot.split(loop):
            waiting.extend(parts)
        else:
            done.append(loop)
    return done


class Knot:
    """Finds two steps of a loop whose gifts can be exchanged; the stock is what all loops leave."""

    def __init__(self, barter: Barter, stock: Stock) -> None:
        self.barter = barter
        self.stock = stock

    def split(self, loop: Loop) -> tuple[Loop, Loop] | None:
        """Split off the shortest part that closes by itself."""
        size = len(loop)
        longest = min(size // 2, LONGEST_PART)
        if longest < PAIR:
            return None
        asks = self.asks(loop)
        crossings = sorted(
            (length, end, begin)
            for end in range(size)
            for begin in asks[end]
            if PAIR <= (length := (end - begin) % size) <= longest and end in asks[begin]
        )
        for length, end, begin in crossings:
            lots = loop[begin], loop[end]
            if exchanged := self.exchanged(*lots, asks[end][begin], asks[begin][end]):
                around = loop[end + 1 :] + loop[: end + 1]
                return (
                    (*around[: size - length - 1], exchanged[0]),
                    (*around[size - length : -1], exchanged[1]),
                )
        return None

    def asks(self, loop: Loop) -> list[Asks]:
        """Tell who in a loop would take what."""
        barter = self.barter
        places: defaultdict[int, list[int]] = defaultdict(list)
        for place, (lot, _) in enumerate(loop):
            places[barter.lot_good[lot]].append(place)
        found: list[Asks] = []
        for _, filled in loop:
            taking: defaultdict[int, list[int]] = defaultdict(list)
            for ask in barter.traders_asks[barter.ask_trader[filled]]:
                for good in barter.ask_goods[ask]:
                    for place in places.get(good, ()):
                        taking[place].append(ask)
            found.append(taking)
        return found

    def exchanged(
        self, one: Step, other: Step, firsts: list[int], seconds: list[int]
    ) -> tuple[Step, Step] | None:
        """Let each lot go to whom the other went to, by one of these asks."""
        rank = self.barter.ask_rank
        if self.apart(one, other) or self.apart(other, one):
            return None
        old = one, other
        self.stock.take(old, -1)
        for first in firsts:
            for second in seconds:
                new = (one[0], first), (other[0], second)
                if rank[first] + rank[second] <= rank[one[1]] + rank[
                    other[1]
                ] and self.stock.allows(new):
                    self.stock.take(new)
                    return new
        self.stock.take(old)
        return None

    def apart(self, one: Step, other: Step) -> bool:
        """Whether who gives in one step may not meet who takes in the other."""
        barter = self.barter
        return barter.are_apart(barter.lot_trader[one[0]], barter.ask_trader[other[1]])
