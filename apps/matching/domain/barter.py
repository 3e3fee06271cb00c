"""A market in numbers: who holds lots of which goods, and whose asks they would fill.

A good is a card in one condition, as far as somebody's minimum tells conditions apart. A lot is
what one trader has of a good. An ask says that a trader takes some goods; it draws on pools of
slots, which several asks may share. Numbers, not ids: the same for members and for want lists.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

Step = tuple[int, int]
"""A lot, and the ask that one unit of it fills."""

Loop = tuple[Step, ...]
"""Each step's ask is of the trader whose lot is next, and the last one's of the first."""


@dataclass(slots=True)
class Barter:
    """Goods, lots and asks point to each other by number; nobody asks for a good of their own."""

    goods_lots: list[list[int]] = field(default_factory=list)
    goods_asks: list[list[int]] = field(default_factory=list)
    lot_good: list[int] = field(default_factory=list)
    lot_trader: list[int] = field(default_factory=list)
    supply: list[int] = field(default_factory=list)
    ask_goods: list[Sequence[int]] = field(default_factory=list)
    ask_trader: list[int] = field(default_factory=list)
    ask_rank: list[int] = field(default_factory=list)
    ask_pools: list[tuple[int, ...]] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    traders_lots: list[list[int]] = field(default_factory=list)
    traders_asks: list[list[int]] = field(default_factory=list)
    apart: dict[int, frozenset[int]] = field(default_factory=dict)

    def add_traders(self, count: int) -> None:
        """Begin with nothing in their hands."""
        self.traders_lots = [[] for _ in range(count)]
        self.traders_asks = [[] for _ in range(count)]

    def add_goods(self, count: int) -> None:
        """Begin with goods that nobody has or asks for."""
        self.goods_lots = [[] for _ in range(count)]
        self.goods_asks = [[] for _ in range(count)]

    def add_lot(self, trader: int, good: int, supply: int) -> None:
        """Give a trader so many units of a good."""
        lot = len(self.lot_good)
        self.lot_good.append(good)
        self.lot_trader.append(trader)
        self.supply.append(supply)
        self.traders_lots[trader].append(lot)
        self.goods_lots[good].append(lot)

    def add_pool(self, slots: int) -> int:
        """Allow so many units in all to whatever asks draw on it."""
        self.slots.append(slots)
        return len(self.slots) - 1

    def add_ask(self, trader: int, goods: Sequence[int], pools: tuple[int, ...], rank: int) -> None:
        """Let a trader take any of these goods."""
        ask = len(self.ask_trader)
        self.ask_trader.append(trader)
        self.ask_rank.append(rank)
        self.ask_pools.append(pools)
        self.ask_goods.append(goods)
        self.traders_asks[trader].append(ask)
        for good in goods:
            self.goods_asks[good].append(ask)

    def possible_gifts(self) -> int:
        """Count which lots could fill which asks."""
        sizes = zip(self.goods_lots, self.goods_asks, strict=True)
        return sum(len(lots) * len(asks) for lots, asks in sizes)

    def are_apart(self, one: int, other: int) -> bool:
        """Whether these two may not meet in a ring."""
        return other in self.apart.get(one, ())

    def gifts_of(self, trader: int) -> Iterator[tuple[int, int, int]]:
        """Tell what a trader can give: receiver, lot, ask."""
        for lot in self.traders_lots[trader]:
            for ask in self.goods_asks[self.lot_good[lot]]:
                yield self.ask_trader[ask], lot, ask


def turned(loop: Loop) -> Loop:
    """Begin with the smallest lot, so that the same loop is the same."""
    first = loop.index(min(loop))
    return (*loop[first:], *loop[:first])
