"""Small markets, and a referee who checks rings against the market alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from uuid import UUID

from apps.catalogue.contract import CardId
from apps.collection.contract import Condition, CopyId, WantGroupId
from apps.matching.domain.market import Market, Offer, Wish
from apps.matching.domain.ring import Gift, Ring
from apps.shared.domain.ids import MemberId

QUALITY = {condition: place for place, condition in enumerate(Condition)}


def member(number: int) -> MemberId:
    return MemberId(UUID(int=(1 << 96) + number))


def card(number: int) -> CardId:
    return CardId(UUID(int=(2 << 96) + number))


def offer(
    number: int, member_: int, card_: int, condition: Condition = Condition.NEAR_MINT
) -> Offer:
    return Offer(
        copy=CopyId(UUID(int=(3 << 96) + number)),
        card=card(card_),
        member=member(member_),
        condition=condition,
    )


def wish(
    number: int,
    member_: int,
    *cards: int,
    slots: int = 1,
    rank: int = 1,
    at_least: Condition | None = None,
) -> Wish:
    return Wish(
        group=WantGroupId(UUID(int=(4 << 96) + number)),
        member=member(member_),
        cards=tuple(card(one) for one in cards),
        slots=slots,
        rank=rank,
        min_condition=at_least,
    )


def planted(*sizes: int) -> Market:
    """Rings of these sizes, with members, cards and nothing else in common."""
    offers: list[Offer] = []
    wishes: list[Wish] = []
    for size in sizes:
        first = len(offers)
        for place in range(size):
            receiver = first + (place + 1) % size
            offers.append(offer(first + place, first + place, first + place))
            wishes.append(wish(first + place, receiver, first + place))
    return Market(offers=offers, wishes=wishes)


def drawn(dice: Random, *, members: int = 6, cards: int = 8, apart: int = 0) -> Market:
    """A small market with all that makes one hard: groups, slots, conditions, blocks."""
    conditions = tuple(Condition)
    offers = [
        offer(number, dice.randrange(members), dice.randrange(cards), dice.choice(conditions))
        for number in range(dice.randint(members, 2 * members))
    ]
    wishes = [
        wish(
            number,
            dice.randrange(members),
            *dice.sample(range(cards), dice.randint(1, 4)),
            slots=dice.randint(1, 2),
            rank=dice.randint(1, 5),
            at_least=dice.choice((None, None, None, Condition.LIGHT, Condition.NEAR_MINT)),
        )
        for number in range(dice.randint(members, 2 * members))
    ]
    pairs = {frozenset(map(member, dice.sample(range(members), 2))) for _ in range(apart)}
    return Market(offers=offers, wishes=wishes, apart=frozenset(pairs))


def faults(market: Market, rings: Iterable[Ring], *, max_length: int | None = None) -> list[str]:
    """Tell which promises these rings break; the referee knows nothing of how they were found."""
    rings = list(rings)
    wishes = {one.group: one for one in market.wishes}
    gifts = [gift for ring in rings for gift in ring.gifts]
    given = Counter(gift.copy for gift in gifts)
    filled = Counter(gift.group for gift in gifts)
    balance = Counter(gift.giver for gift in gifts)
    balance.subtract(gift.receiver for gift in gifts)
    return [
        *(fault for ring in rings for fault in faults_of_ring(market, ring, max_length)),
        *faults_of_gifts(market, gifts),
        *("a copy twice" for times in given.values() if times > 1),
        *("a slot twice" for group, times in filled.items() if times > wishes[group].slots),
        *("gives more than they get" for difference in balance.values() if difference),
    ]


def faults_of_ring(market: Market, ring: Ring, max_length: int | None) -> Iterable[str]:
    members = ring.members
    if max_length and len(members) > max_length:
        yield "too long"
    if len(set(members)) < len(members):
        yield "a member twice"
    if any(pair <= set(members) for pair in market.apart):
        yield "who may not meet"
    if len({len(leg) for leg in ring.legs}) > 1:
        yield "uneven legs"
    for leg, sides in zip(
        ring.legs, zip(members, (*members[1:], members[0]), strict=True), strict=True
    ):
        if any((gift.giver, gift.receiver) != sides for gift in leg):
            yield "not closed"


def faults_of_gifts(market: Market, gifts: Iterable[Gift]) -> Iterable[str]:
    offers = {one.copy: one for one in market.offers}
    wishes = {one.group: one for one in market.wishes}
    own = {(one.member, one.card) for one in market.offers}
    for gift in gifts:
        offered, wanted = offers[gift.copy], wishes[gift.group]
        if (offered.member, offered.card) != (gift.giver, gift.card):
            yield "not theirs"
        if wanted.member != gift.receiver or gift.card not in wanted.cards:
            yield "not wanted"
        if (gift.receiver, gift.card) in own:
            yield "offered themselves"
        if (limit := wanted.min_condition) and QUALITY[offered.condition] > QUALITY[limit]:
            yield "too worn"
        if gift.rank != wanted.rank:
            yield "another rank"


def renamed(market: Market, dice: Random) -> Market:
    """The same market with other members' ids."""
    known = sorted({one.member for one in market.offers} | {one.member for one in market.wishes})
    others = known[:]
    dice.shuffle(others)
    names = dict(zip(known, others, strict=True))
    return Market(
        offers=[one._replace(member=names[one.member]) for one in market.offers],
        wishes=[one._replace(member=names[one.member]) for one in market.wishes],
        apart=frozenset(frozenset(names.get(one, one) for one in pair) for pair in market.apart),
    )


def shuffled(market: Market, dice: Random) -> Market:
    """The same market told in another order."""
    offers, wishes = list(market.offers), list(market.wishes)
    dice.shuffle(offers)
    dice.shuffle(wishes)
    return replace(market, offers=offers, wishes=wishes)
