"""Between a market of members and one in numbers."""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from random import Random
from typing import TypeVar

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId
from apps.matching.domain.barter import Barter, Loop
from apps.matching.domain.goods import Goods, limit_of
from apps.matching.domain.market import Market, Offer, Wish
from apps.matching.domain.ring import Gift, Ring
from apps.shared.domain.ids import MemberId
from apps.trading.contract import MOST_COPIES

One = TypeVar("One", Offer, Wish)


@dataclass(frozen=True, slots=True)
class Pooled:
    """The numbers, and what each stands for; the copies of a lot stand together from its start."""

    barter: Barter
    members: list[MemberId]
    copies: list[CopyId]
    starts: "array[int]"
    cards: list[CardId]
    wishes: list[Wish]

    def rings(self, loops: Iterable[Loop]) -> tuple[Ring, ...]:
        """Hand out the copies; several loops of the same members become one ring."""
        following = self.starts[:]
        together: defaultdict[tuple[int, ...], list[list[list[Gift]]]] = defaultdict(list)
        for loop in loops:
            first = min(range(len(loop)), key=lambda place: self.giver(loop[place][0]))
            turned = (*loop[first:], *loop[:first])
            rings = together[tuple(self.barter.lot_trader[lot] for lot, _ in turned)]
            if not rings or len(rings[-1][0]) == MOST_COPIES:
                rings.append([[] for _ in turned])
            for leg, (lot, ask) in zip(rings[-1], turned, strict=True):
                leg.append(self.gift(self.copies[following[lot]], lot, self.wishes[ask]))
                following[lot] += 1
        made = (Ring.of(legs) for rings in together.values() for legs in rings)
        return tuple(sorted(made, key=lambda ring: (ring.members, ring.legs[0][0].copy)))

    def add_lots(self, trader: int, goods: Goods, offers: Iterable[Offer]) -> None:
        """Put copies of the same good together."""
        lots: dict[int, list[CopyId]] = {}
        for offer in offers:
            if (good := goods.of(offer)) is not None:
                lots.setdefault(good, []).append(offer.copy)
        for good in sorted(lots):
            self.starts.append(len(self.copies))
            self.copies.extend(lots[good])
            self.barter.add_lot(trader, good, len(lots[good]))

    def add_asks(self, trader: int, goods: Goods, wishes: Iterable[Wish], own: set[int]) -> None:
        """Ask for what a trader wants, but for cards of their own."""
        for wish in wishes:
            limit = limit_of(wish)
            accepted = [goods.accepted(card, limit) for card in wish.cards if card.int not in own]
            several = accepted[0] if len(accepted) == 1 else tuple(chain.from_iterable(accepted))
            pool = self.barter.add_pool(wish.slots)
            self.wishes.append(wish)
            self.barter.add_ask(trader, several, (pool,), wish.rank)

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
    held, wanted = by_member(market.offers), by_member(market.wishes)
    known = {one.int: one for one in chain(held, wanted)}
    members = [known[id_] for id_ in sorted(known)]
    Random(seed).shuffle(members)
    goods = Goods(market.wishes)
    barter = Barter()
    barter.add_traders(len(members))
    barter.add_goods(len(goods.cards))
    barter.apart = known_apart(market, members)
    pool = Pooled(barter, members, [], array("q"), goods.cards, [])
    for trader, member in enumerate(members):
        offers, wishes = held.get(member, []), wanted.get(member, [])
        offers.sort(key=attrgetter("copy.int"))
        wishes.sort(key=attrgetter("group.int"))
        pool.add_lots(trader, goods, offers)
        pool.add_asks(trader, goods, wishes, own={offer.card.int for offer in offers})
    return pool


def by_member(some: Iterable[One]) -> dict[MemberId, list[One]]:
    """Put together what is of the same member."""
    found: dict[int, list[One]] = {}
    for one in some:
        found.setdefault(one.member.int, []).append(one)
    return {of_member[0].member: of_member for of_member in found.values()}


def known_apart(market: Market, members: Iterable[MemberId]) -> dict[int, frozenset[int]]:
    """Tell of each who is in the market whom they may not meet."""
    if not market.apart:
        return {}
    number = {member: trader for trader, member in enumerate(members)}
    found: defaultdict[int, set[int]] = defaultdict(set)
    for pair in market.apart:
        one, other = sorted(pair)
        if one in number and other in number:
            found[number[one]].add(number[other])
            found[number[other]].add(number[one])
    return {one: frozenset(others) for one, others in found.items()}
