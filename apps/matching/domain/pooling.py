"""Between a market of members and one in numbers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random

from apps.catalogue.contract import CardId
from apps.collection.contract import WORSE_AND_WORSE, CopyId
from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.market import Market, Offer, Wish
from apps.matching.domain.ring import Gift, Ring
from apps.shared.domain.ids import MemberId
from apps.trading.contract import MOST_COPIES


@dataclass(frozen=True, slots=True)
class Pooled:
    """The numbers, and what each stands for."""

    barter: Barter
    members: list[MemberId]
    copies: list[list[CopyId]]
    cards: list[CardId]
    wishes: list[Wish]

    def rings(self, loops: Iterable[Loop]) -> tuple[Ring, ...]:
        """Hand out the copies; several loops of the same members become one ring."""
        left = [list(reversed(copies)) for copies in self.copies]
        together: defaultdict[tuple[int, ...], list[list[list[Gift]]]] = defaultdict(list)
        for loop in loops:
            first = min(range(len(loop)), key=lambda place: self.giver(loop[place][0]))
            turned = (*loop[first:], *loop[:first])
            rings = together[tuple(self.barter.lot_trader[lot] for lot, _ in turned)]
            if not rings or len(rings[-1][0]) == MOST_COPIES:
                rings.append([[] for _ in turned])
            for leg, (lot, ask) in zip(rings[-1], turned, strict=True):
                leg.append(self.gift(left[lot].pop(), lot, self.wishes[ask]))
        made = (Ring.of(legs) for rings in together.values() for legs in rings)
        return tuple(sorted(made, key=lambda ring: (ring.members, ring.legs[0][0].copy)))

    def giver(self, lot: int) -> MemberId:
        """Tell whose lot it is."""
        return self.members[self.barter.lot_trader[lot]]

    def gift(self, copy: CopyId, lot: int, wish: Wish) -> Gift:
        """Describe one step with ids."""
        return Gift(
            copy=copy,
            card=self.cards[self.barter.lot_good[lot]],
            giver=self.giver(lot),
            receiver=wish.member,
            group=wish.group,
            rank=wish.rank,
        )


def pooled(market: Market, seed: int) -> Pooled:
    """Number everything, in an order that the ids and the seed alone decide."""
    offers = sorted(market.offers, key=lambda offer: offer.copy.int)
    wishes = sorted(market.wishes, key=lambda wish: wish.group.int)
    members = sorted(
        {one.member for one in offers} | {one.member for one in wishes},
        key=lambda member: member.int,
    )
    Random(seed).shuffle(members)
    number = {member: place for place, member in enumerate(members)}
    wishes.sort(key=lambda wish: number[wish.member])
    lots = copies_by_lot(offers, levels(wishes), number)
    goods = {
        good: place for place, good in enumerate(sorted({good for _, good in lots}, key=by_number))
    }
    barter = Barter()
    barter.add_traders(len(members))
    barter.add_goods(len(goods))
    for (trader, good), copies in lots.items():
        barter.add_lot(trader, goods[good], len(copies))
    by_card: defaultdict[CardId, list[tuple[int, int]]] = defaultdict(list)
    for (card, worst), place in goods.items():
        by_card[card].append((worst, place))
    own = {(number[offer.member], offer.card) for offer in offers}
    for wish in wishes:
        trader = number[wish.member]
        limit = limit_of(wish)
        accepted = [
            place
            for card in wish.cards
            if (trader, card) not in own
            for worst, place in by_card[card]
            if worst <= limit
        ]
        barter.add_ask(trader, accepted, (barter.add_pool(wish.slots),), wish.rank)
    barter.apart = known_apart(market, number)
    return Pooled(barter, members, list(lots.values()), [card for card, _ in goods], wishes)


def by_number(good: tuple[CardId, int]) -> tuple[int, int]:
    """Order goods by card, then by condition; numbers compare faster than ids."""
    return good[0].int, good[1]


def limit_of(wish: Wish) -> int:
    """Return how much wear is accepted; whoever names no limit takes the worst."""
    return (wish.min_condition or WORSE_AND_WORSE[-1]).wear


def levels(wishes: Iterable[Wish]) -> Mapping[CardId, list[int]]:
    """Tell which limits members have named for a card, the strictest first."""
    found: defaultdict[CardId, set[int]] = defaultdict(set)
    for wish in wishes:
        for card in wish.cards:
            found[card].add(limit_of(wish))
    return {card: sorted(limits) for card, limits in found.items()}


def copies_by_lot(
    offers: Iterable[Offer], limits: Mapping[CardId, list[int]], number: Mapping[MemberId, int]
) -> dict[tuple[int, tuple[CardId, int]], list[CopyId]]:
    """Put copies together that no minimum tells apart; a copy that nobody takes stays out."""
    lots: defaultdict[tuple[int, tuple[CardId, int]], list[CopyId]] = defaultdict(list)
    for offer in offers:
        found = offer.condition.wear
        worst = next((limit for limit in limits.get(offer.card, ()) if found <= limit), None)
        if worst is not None:
            lots[number[offer.member], (offer.card, worst)].append(offer.copy)
    return dict(sorted(lots.items(), key=lambda lot: (lot[0][0], *by_number(lot[0][1]))))


def known_apart(market: Market, number: Mapping[MemberId, int]) -> dict[int, frozenset[int]]:
    """Tell of each who is in the market whom they may not meet."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for pair in market.apart:
        one, other = sorted(pair)
        if one in number and other in number:
            found[number[one]].add(number[other])
            found[number[other]].add(number[one])
    return {one: frozenset(others) for one, others in found.items()}
