"""Which loops are worth most while each lot and each slot has a price."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from apps.matching.domain.barter import Barter, Loop, Step

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Found = tuple[float, list[Loop]]

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


class Priced:
    """What each pair gains by its best gift, at these prices."""

    def __init__(self, pricing: Pricing, of_lots: Floats, of_asks: Floats) -> None:
        gains = 1 - of_lots[pricing.lots] - of_asks[pricing.asks]
        self.worth = np.maximum.reduceat(gains, pricing.firsts)
        hits = np.flatnonzero(gains == np.repeat(self.worth, pricing.counts))[::-1]
        self.best = pricing.firsts.copy()
        self.best[np.searchsorted(pricing.firsts, hits, side="right") - 1] = hits
        self.barter, self.traders = pricing.barter, pricing.traders
        self.lots, self.asks = pricing.lots, pricing.asks
        self.givers, self.receivers = pricing.givers, pricing.receivers
        self.by_giver, self.by_receiver = pricing.by_giver, pricing.by_receiver
        self.into = pricing.into

    def proposals(self, starts: Iterable[int], max_length: int) -> tuple[list[Loop], float]:
        """Tell the loops through these traders that gain most, and what none gains more than."""
        most, loops = WORTH, list[Loop]()
        for start in starts:
            for gain, some in self.through(start, max_length):
                most = max(most, gain)
                loops.extend(some)
        return loops, most

    def through(self, start: int, max_length: int) -> Iterator[Found]:
        """Look at pairs, at three, at four."""
        forth = np.arange(self.by_giver[start], self.by_giver[start + 1])
        last = self.by_receiver[self.into[start] : self.into[start + 1]]
        if not len(forth) or not len(last):
            return
        back = np.full(self.traders, NEVER)
        back[self.givers[last]] = self.worth[last]
        closing = np.zeros(self.traders, np.int64)
        closing[self.givers[last]] = last
        yield self.chosen(self.worth[forth] + back[self.receivers[forth]], closing, forth)
        if max_length >= THREE:
            before, onward = self.followers(forth)
            so_far = self.worth[before] + self.worth[onward]
            yield self.chosen(so_far + back[self.receivers[onward]], closing, before, onward)
            if max_length >= FOUR:
                yield self.of_four(start, so_far, back, closing, before, onward)

    def followers(self, pairs: Ints) -> tuple[Ints, Ints]:
        """Tell each of these pairs together with each pair that could follow it."""
        starts = self.by_giver[self.receivers[pairs]]
        counts = self.by_giver[self.receivers[pairs] + 1] - starts
        shifts = np.repeat(starts - (np.cumsum(counts) - counts), counts)
        return np.repeat(pairs, counts), shifts + np.arange(counts.sum())

    def of_four(
        self, start: int, so_far: Floats, back: Floats, closing: Ints, before: Ints, onward: Ints
    ) -> Found:
        """Put the best way to each trader before the best way from there to the start."""
        thirds = self.receivers[onward]
        rising = np.argsort(so_far, kind="stable")
        reached = np.full(self.traders, -1)
        reached[thirds[rising]] = rising
        returning, last = self.leading(np.flatnonzero(back > NEVER), back)
        usable = (reached[returning] >= 0) & (returning != start)
        if distant := self.barter.apart.get(start):
            usable &= ~np.isin(returning, list(distant))
        returning, last = returning[usable], last[usable]
        via = reached[returning]
        total = so_far[via] + self.worth[last] + back[self.receivers[last]]
        return self.chosen(total, closing, before[via], onward[via], last)

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

    def chosen(self, totals: Floats, closing: Ints, *legs: Ints) -> Found:
        """Close the best of these chains, and tell what none of them gains more than."""
        gains = totals / (len(legs) + 1)
        chains = []
        good = np.flatnonzero(gains > WORTH)
        if len(good) > KEEP:
            good = good[np.argpartition(-gains[good], KEEP)[:KEEP]]
        for place in good.tolist():
            chain = [int(leg[place]) for leg in legs]
            chain.append(int(closing[self.receivers[chain[-1]]]))
            if self.distinct(chain):
                chains.append(tuple(self.step(pair) for pair in chain))
        return float(gains.max(initial=0)), chains

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
