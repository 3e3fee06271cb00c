"""Goods: a card in one condition, as far as somebody's minimum tells conditions apart."""

from collections import defaultdict
from collections.abc import Iterable

from apps.catalogue.contract import CardId
from apps.collection.contract import WORSE_AND_WORSE
from apps.matching.domain.market import Offer, Wish

WORST = WORSE_AND_WORSE[-1].wear


class Goods:
    """Numbers the goods of a market, card by card, the least worn first.

    Cards are known by the number in their id, which compares faster than the id.
    """

    def __init__(self, wishes: Iterable[Wish]) -> None:
        self.cards: list[CardId] = []
        self.by_wear: dict[int, list[int]] = {}
        self.by_limit: dict[int, list[tuple[int, ...]]] = {}
        limits: defaultdict[int, set[int]] = defaultdict(set)
        wanted: dict[int, CardId] = {}
        for wish in wishes:
            limit = limit_of(wish)
            for card in wish.cards:
                limits[card.int].add(limit)
                wanted[card.int] = card
        for id_ in sorted(limits):
            named = limits[id_]
            first = good = len(self.cards)
            self.by_wear[id_] = []
            self.by_limit[id_] = []
            for wear in range(max(named) + 1):
                self.by_wear[id_].append(good)
                self.by_limit[id_].append(tuple(range(first, good + 1)))
                good += wear in named
            self.cards.extend([wanted[id_]] * len(named))

    def of(self, offer: Offer) -> int | None:
        """Tell which good a copy is; one that nobody would take is none."""
        row, wear = self.by_wear.get(offer.card.int, ()), offer.condition.wear
        return row[wear] if wear < len(row) else None

    def accepted(self, card: CardId, limit: int) -> tuple[int, ...]:
        """Tell which goods are this card, worn no more than to a limit that somebody has named."""
        return self.by_limit[card.int][limit]


def limit_of(wish: Wish) -> int:
    """Return how much wear is accepted; whoever names no limit takes the worst."""
    return WORST if wish.min_condition is None else wish.min_condition.wear
