"""The best rings of a small market, by looking at all ways to give; shares nothing with solvers."""

from collections.abc import Iterator
from itertools import permutations, product

from apps.collection.contract import WantGroupId
from apps.matching.domain.market import Market, Offer, Wish
from tests.support.markets import QUALITY

Gift = tuple[Offer, Wish]


def most_cards(market: Market, max_length: int) -> int:
    """Tell how many cards rings of at most so many members can move."""
    rings = list(rings_of(market, max_length))
    slots = {one.group: one.slots for one in market.wishes}
    most = 0

    def look(
        place: int, moved: int, given: frozenset[object], filled: tuple[WantGroupId, ...]
    ) -> None:
        nonlocal most
        most = max(most, moved)
        for number in range(place, len(rings)):
            ring = rings[number]
            copies = {offer.copy for offer, _ in ring}
            groups = (*filled, *(wish.group for _, wish in ring))
            if copies & given or any(groups.count(one) > slots[one] for one in set(groups)):
                continue
            look(number + 1, moved + len(ring), given | copies, groups)

    look(0, 0, frozenset(), ())
    return most


def rings_of(market: Market, max_length: int) -> Iterator[tuple[Gift, ...]]:
    """Tell every ring: an order of members who may all meet, and what each gives to the next."""
    members = sorted({one.member for one in market.offers})
    for size in range(2, max_length + 1):
        for order in permutations(members, size):
            if order[0] != min(order) or any(pair <= set(order) for pair in market.apart):
                continue
            legs = [
                [gift for gift in gifts(market) if sides(gift) == (giver, receiver)]
                for giver, receiver in zip(order, (*order[1:], order[0]), strict=True)
            ]
            yield from product(*legs)


def gifts(market: Market) -> Iterator[Gift]:
    """Tell which copy could fill which want group."""
    own = {(one.member, one.card) for one in market.offers}
    for offer, wish in product(market.offers, market.wishes):
        limit = wish.min_condition
        if (
            offer.card in wish.cards
            and (wish.member, offer.card) not in own
            and (limit is None or QUALITY[offer.condition] <= QUALITY[limit])
        ):
            yield offer, wish


def sides(gift: Gift) -> tuple[object, object]:
    """Tell from whom to whom."""
    return gift[0].member, gift[1].member
