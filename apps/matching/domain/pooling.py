"""Between a market of members and one in numbers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    starts: list[int]
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

    def add_lots(self, trader: int, offers: Iterable[tuple[int, CopyId]]) -> None:
        """Put copies of the same good together."""
        lots: defaultdict[int, list[CopyId]] = defaultdict(list)
        for good, copy in offers:
            lots[good].append(copy)
        for good in sorted(lots):
            self.starts.append(len(self.copies))
            self.copies.extend(lots[good])
            self.barter.add_lot(trader, good, len(lots[good]))

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
    offers = sorted(market.offers, key=attrgetter("copy.int"))
    wishes = sorted(market.wishes, key=attrgetter("group.int"))
    known = {one.member.int: one.member for one in chain[Offer | Wish](offers, wishes)}
    members = [known[id_] for id_ in sorted(known)]
    Random(seed).shuffle(members)
    number = {member.int: trader for trader, member in enumerate(members)}
    offered = by_trader(offers, number)
    wanted = by_trader(wishes, number)
    goods = Goods(wishes)
    barter = Barter()
    barter.add_traders(len(members))
    barter.add_goods(len(goods.cards))
    barter.apart = known_apart(market, number)
    pool = Pooled(barter, members, [], [], goods.cards, list(chain.from_iterable(wanted)))
    for trader, held in enumerate(offered):
        pool.add_lots(
            trader,
            [(good, one.copy) for one in held if (good := goods.of(one)) is not None],
        )
    had = [bool(lots) for lots in barter.goods_lots]
    together: dict[tuple[int, ...], tuple[int, ...]] = {}
    for trader, (held, wants) in enumerate(zip(offered, wanted, strict=True)):
        own = {offer.card.int for offer in held}
        for wish in wants:
            accepted = tuple(
                [
                    good
                    for card in wish.cards
                    if card.int not in own
                    for good in goods.accepted(card, limit_of(wish))
                    if had[good]
                ]
            )
            same = together.setdefault(accepted, accepted)
            barter.add_ask(trader, same, (barter.add_pool(wish.slots),), wish.rank)
    return pool


def by_trader(some: Iterable[One], number: Mapping[int, int]) -> list[list[One]]:
    """Put together what is of the same member."""
    found: list[list[One]] = [[] for _ in number]
    for one in some:
        found[number[one.member.int]].append(one)
    return found


def known_apart(market: Market, number: Mapping[int, int]) -> dict[int, frozenset[int]]:
    """Tell of each who is in the market whom they may not meet."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for pair in market.apart:
        one, other = sorted(pair)
        if one.int in number and other.int in number:
            found[number[one.int]].add(number[other.int])
            found[number[other.int]].add(number[one.int])
    return {one: frozenset(others) for one, others in found.items()}
