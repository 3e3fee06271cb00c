"""Loops that cross themselves, split into shorter ones that move the same cards."""

from collections.abc import Iterable

from apps.matching.domain.barter import Barter, Loop, Step
from apps.matching.domain.ring import PAIR
from apps.matching.domain.stock import Stock

LONGEST_PART = 50
"""How long a part may be that is split off; the search grows with it."""


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
        self.wanted: dict[int, dict[int, list[int]]] = {}

    def split(self, loop: Loop) -> tuple[Loop, Loop] | None:
        """Split off the shortest part that closes by itself."""
        size = len(loop)
        for length in range(PAIR, min(size // 2, LONGEST_PART) + 1):
            for end in range(size):
                begin = (end - length) % size
                if exchanged := self.exchanged(loop[begin], loop[end]):
                    around = loop[end + 1 :] + loop[: end + 1]
                    return (
                        (*around[: size - length - 1], exchanged[0]),
                        (*around[size - length : -1], exchanged[1]),
                    )
        return None

    def exchanged(self, one: Step, other: Step) -> tuple[Step, Step] | None:
        """Let each lot go to whom the other went to, if they would take it."""
        trader_of, rank = self.barter.ask_trader, self.barter.ask_rank
        lots = one[0], other[0]
        asks = [
            self.asks(trader_of[other[1]], lots[0]),
            self.asks(trader_of[one[1]], lots[1]),
        ]
        if not all(asks):
            return None
        old = one, other
        self.stock.take(old, -1)
        for first in asks[0]:
            for second in asks[1]:
                new = (lots[0], first), (lots[1], second)
                if rank[first] + rank[second] <= rank[one[1]] + rank[
                    other[1]
                ] and self.stock.allows(new):
                    self.stock.take(new)
                    return new
        self.stock.take(old)
        return None

    def asks(self, trader: int, lot: int) -> list[int]:
        """Tell by which asks a trader would take a lot."""
        if trader not in self.wanted:
            wanted = self.wanted[trader] = {}
            for ask in self.barter.traders_asks[trader]:
                for good in self.barter.ask_goods[ask]:
                    wanted.setdefault(good, []).append(ask)
        if self.barter.are_apart(self.barter.lot_trader[lot], trader):
            return []
        return self.wanted[trader].get(self.barter.lot_good[lot], [])
