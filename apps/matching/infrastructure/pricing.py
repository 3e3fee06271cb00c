"""Which loops are worth most while each lot and each slot has a price."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from apps.matching.domain.barter import Barter, Loop, Step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KEEP = 4
"""How many loops of each length one trader proposes at a time."""
WORTH = 1e-3
"""What a loop has to gain per card for it to be proposed."""
NEVER = -9.0
THREE, FOUR = 3, 4


class Pricing:
    """All gifts as arrays, ordered by giver and receiver; of several the best counts."""

    def __init__(self, barter: Barter) -> None:
        self.barter = barter
        self.traders = len(barter.traders_lots)
        lots, asks = gifts(barter)
        givers = np.array(barter.lot_trader, np.int64)[lots]
        receivers = np.array(barter.ask_trader, np.int64)[asks]
        pairs = givers * self.traders + receivers
        order = np.argsort(pairs, kind="stable")
        self.lots, self.asks = lots[order], asks[order]
        known, self.firsts, self.counts = np.unique(
            pairs[order], return_index=True, return_counts=True
        )
        self.givers, self.receivers = np.divmod(known, self.traders)
        self.by_giver = np.searchsorted(self.givers, np.arange(self.traders + 1))
        self.by_receiver = np.argsort(self.receivers, kind="stable")
        self.into = np.searchsorted(self.receivers[self.by_receiver], np.arange(self.traders + 1))
        self.worth: Floats = np.zeros(len(known))
        self.best: Ints = self.firsts

    def set_prices(self, of_lots: Floats, of_asks: Floats) -> None:
        """Find what each pair gains by its best gift."""
        gains = 1 - of_lots[self.lots] - of_asks[self.asks]
        self.worth = np.maximum.reduceat(gains, self.firsts)
        hits = np.flatnonzero(gains == np.repeat(self.worth, self.counts))[::-1]
        self.best = self.firsts.copy()
        self.best[np.searchsorted(self.firsts, hits, side="right") - 1] = hits

    def proposals(self, starts: Iterable[int], max_length: int) -> Iterator[tuple[float, Loop]]:
        """Tell the loops through these traders that gain most, and what they gain per card."""
        for start in starts:
            first = slice(self.by_giver[start], self.by_giver[start + 1])
            last = self.by_receiver[self.into[start] : self.into[start + 1]]
            if first.start == first.stop or not len(last):
                continue
            back = np.full(self.traders, NEVER)
            back[self.givers[last]] = self.worth[last]
            closing = np.zeros(self.traders, np.int64)
            closing[self.givers[last]] = last
            forth = np.arange(first.start, first.stop)
            yield from self.chosen(self.worth[forth] + back[self.receivers[forth]], closing, forth)
            if max_length >= THREE:
                before, onward = self.followers(forth)
                so_far = self.worth[before] + self.worth[onward]
                ends = self.receivers[onward]
                yield from self.chosen(so_far + back[ends], closing, before, onward)
                if max_length >= FOUR:
                    yield from self.of_four(start, so_far, back, closing, before, onward)

    def followers(self, pairs: Ints) -> tuple[Ints, Ints]:
        """Tell each of these pairs together with each pair that could follow it."""
        starts = self.by_giver[self.receivers[pairs]]
        counts = self.by_giver[self.receivers[pairs] + 1] - starts
        shifts = np.repeat(starts - (np.cumsum(counts) - counts), counts)
        return np.repeat(pairs, counts), shifts + np.arange(counts.sum())

    def of_four(
        self, start: int, so_far: Floats, back: Floats, closing: Ints, before: Ints, onward: Ints
    ) -> Iterator[tuple[float, Loop]]:
        """Put the best way to each trader before the best way from there to the start."""
        thirds = self.receivers[onward]
        rising = np.argsort(so_far, kind="stable")
        reached = np.full(self.traders, -1)
        reached[thirds[rising]] = rising
        returning, last = self.leading(np.flatnonzero(back > NEVER), back)
        usable = (reached[returning] >= 0) & (returning != start)
        usable &= [not self.barter.are_apart(start, int(third)) for third in returning]
        returning, last = returning[usable], last[usable]
        via = reached[returning]
        total = so_far[via] + self.worth[last] + back[self.receivers[last]]
        yield from self.chosen(total, closing, before[via], onward[via], last)

    def leading(self, fourths: Ints, back: Floats) -> tuple[Ints, Ints]:
        """Tell who can give to somebody who gives to the start, and the best such pair of each."""
        starts, stops = self.into[fourths], self.into[fourths + 1]
        counts = stops - starts
        shifts = np.repeat(starts - (np.cumsum(counts) - counts), counts)
        pairs = self.by_receiver[shifts + np.arange(counts.sum())]
        rising = pairs[np.argsort(self.worth[pairs] + back[self.receivers[pairs]], kind="stable")]
        best = np.full(self.traders, -1)
        best[self.givers[rising]] = rising
        thirds = np.flatnonzero(best >= 0)
        return thirds, best[thirds]

    def chosen(self, totals: Floats, closing: Ints, *legs: Ints) -> Iterator[tuple[float, Loop]]:
        """Close the best of these chains."""
        gains = totals / (len(legs) + 1)
        good = np.flatnonzero(gains > WORTH)
        if len(good) > KEEP:
            good = good[np.argpartition(-gains[good], KEEP)[:KEEP]]
        for place in good.tolist():
            chain = [int(leg[place]) for leg in legs]
            chain.append(int(closing[self.receivers[chain[-1]]]))
            if self.distinct(chain):
                yield float(gains[place]), tuple(self.step(pair) for pair in chain)

    def distinct(self, chain: list[int]) -> bool:
        """Whether nobody is in a chain twice, or with somebody they may not meet."""
        members = [int(self.givers[pair]) for pair in chain]
        apart = self.barter.apart
        return len(set(members)) == len(members) and not (
            apart and any(not apart.get(one, frozenset()).isdisjoint(members) for one in members)
        )

    def step(self, pair: int) -> Step:
        """Tell the best gift of a pair."""
        gift = self.best[pair]
        return int(self.lots[gift]), int(self.asks[gift])


def gifts(barter: Barter) -> tuple[Ints, Ints]:
    """Tell which lot could fill which ask, of all who may meet."""
    lots: list[Ints] = []
    asks: list[Ints] = []
    for holders, takers in zip(barter.goods_lots, barter.goods_asks, strict=True):
        lots.append(np.repeat(np.array(holders, np.int64), len(takers)))
        asks.append(np.tile(np.array(takers, np.int64), len(holders)))
    every_lot, every_ask = np.concatenate(lots), np.concatenate(asks)
    if barter.apart:
        meet = [
            not barter.are_apart(barter.lot_trader[lot], barter.ask_trader[ask])
            for lot, ask in zip(every_lot.tolist(), every_ask.tolist(), strict=True)
        ]
        every_lot, every_ask = every_lot[meet], every_ask[meet]
    return every_lot, every_ask
