"""Every loop there is, where the market is sparse enough to list them."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from apps.matching.domain.barter import Barter, Loop, Step
from apps.matching.domain.stock import Stock

MOST_GIFTS = 1_000_000
MOST_STEPS = 3_000_000
MOST_LOOPS = 5_000

Partners = dict[int, list[Step]]


class TooMany(Exception):
    """There are more loops than it is worth to list."""


def all_loops(barter: Barter, max_length: int) -> list[Loop] | None:
    """List every loop of at most so many traders, or nothing where there are too many."""
    if barter.possible_gifts() > MOST_GIFTS:
        return None
    try:
        return Listing(barter, max_length).all()
    except TooMany:
        return None


class Listing:
    """Walks from each trader through those with higher numbers and back."""

    def __init__(self, barter: Barter, max_length: int) -> None:
        self.barter = barter
        self.stock = Stock.of(barter)
        self.max_length = max_length
        self.steps = 0
        self.to = [self.partners(trader) for trader in range(len(barter.traders_lots))]
        self.givers: list[set[int]] = [set() for _ in self.to]
        for giver, partners in enumerate(self.to):
            for receiver in partners:
                self.givers[receiver].add(giver)

    def partners(self, trader: int) -> Partners:
        """Tell to whom a trader can give, and what."""
        found: defaultdict[int, list[Step]] = defaultdict(list)
        for receiver, lot, ask in self.barter.gifts_of(trader):
            if not self.barter.are_apart(trader, receiver):
                found[receiver].append((lot, ask))
        return dict(found)

    def all(self) -> list[Loop]:
        """List them in the order of their traders."""
        found: list[Loop] = []
        for start in range(len(self.to)):
            if not self.givers[start]:
                continue
            for traders in self.chains((start,)):
                following = (*traders[1:], start)
                gifts = [self.to[one][two] for one, two in zip(traders, following, strict=True)]
                found.extend(loop for loop in product(*gifts) if self.stock.allows(loop))
                if len(found) > MOST_LOOPS:
                    raise TooMany
        return found

    def chains(self, traders: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Tell how a chain of traders can go on until it closes."""
        start, last = traders[0], traders[-1]
        onward = self.to[last]
        if len(traders) == self.max_length - 1:
            closing = sorted(self.givers[start] & onward.keys())
        else:
            closing = sorted(onward)
        self.steps += len(closing) + 1
        if self.steps > MOST_STEPS:
            raise TooMany
        for following in closing:
            if following <= start or following in traders or self.meets(following, traders):
                continue
            chain = (*traders, following)
            if start in self.to[following]:
                yield chain
            if len(chain) < self.max_length:
                yield from self.chains(chain)

    def meets(self, trader: int, others: tuple[int, ...]) -> bool:
        """Whether somebody among the others may not meet this one."""
        return not self.barter.apart.get(trader, frozenset()).isdisjoint(others)
