"""Goods: a card in one condition, as far as somebody's minimum tells conditions apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

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
        limits: defaultdict[int, set[int]] = defaultdict(set)
        wanted: dict[int, CardId] = {}
        for wish in wishes:
            limit = limit_of(wish)
            for card in wish.cards:
                limits[card.int].add(limit)
                wanted[card.int] = card
        for id_ in sorted(limits):
            named = limits[id_]
            good = len(self.cards)
            self.by_wear[id_] = row = []
            for wear in range(max(named) + 1):
                row.append(good)
                good += wear in named
            self.cards.extend([wanted[id_]] * len(named))

    def of(self, offer: Offer) -> int | None:
        """Tell which good a copy is; one that nobody would take is none."""
        row, wear = self.by_wear.get(offer.card.int, ()), offer.condition.wear
        return row[wear] if wear < len(row) else None

    def accepted(self, card: CardId, limit: int) -> Sequence[int]:
        """Tell which goods are this card, worn no more than to a limit that somebody has named."""
        row = self.by_wear[card.int]
        return range(row[0], row[limit] + 1)


def limit_of(wish: Wish) -> int:
    """Return how much wear is accepted; whoever names no limit takes the worst."""
    return WORST if wish.min_condition is None else wish.min_condition.wear
