"""Small markets drawn by a seed, what is in them by the rules alone, and their ports in memory."""

from dataclasses import dataclass, field
from itertools import permutations
from random import Random

from apps.catalogue.contract import CardId
from apps.collection.contract import (
    WORSE_AND_WORSE,
    Condition,
    CopyId,
    WantGroupId,
)
from apps.identity.contract import Partner
from apps.matching.application.find_matches import Found
from apps.shared.domain.ids import MemberId
from tests.support.builders import a_uuid

MEMBERS, CARDS, LINES, PLANTED = 6, 8, 12, 2
GOOD, WORN = Condition.NEAR_MINT, Condition.MARKED
Circle = tuple[MemberId, ...]


@dataclass(frozen=True)
class Item:
    """A copy."""

    id: CopyId
    card: CardId
    owner: MemberId
    condition: Condition
    listed: bool
    promised: bool


@dataclass(frozen=True)
class Wanted:
    """A want group."""

    id: WantGroupId
    member: MemberId
    cards: tuple[CardId, ...]
    slots: int
    rank: int
    minimum: Condition | None


@dataclass
class SmallMarket:
    """Who has and wants what, and who must not meet."""

    partners: dict[MemberId, Partner]
    items: list[Item]
    wants: list[Wanted]
    suspended: set[MemberId]
    blocks: set[tuple[MemberId, MemberId]]
    silent: set[MemberId] = field(default_factory=set)
    busy: set[frozenset[MemberId]] = field(default_factory=set)
    """Pairs with as many trades as they may have."""

    @property
    def me(self) -> MemberId:
        """Who searches."""
        return min(self.partners)


def all_cards() -> list[CardId]:
    """Those that there are."""
    return [CardId(a_uuid(number, of=2)) for number in range(1, CARDS + 1)]


def drawn(seed: int, *, trades: bool = True) -> SmallMarket:
    """Draw a market, with a few circles in it that other rules may still break."""
    by = Random(seed)
    members = [MemberId(a_uuid(number, of=1)) for number in range(1, MEMBERS + 1)]
    cards = all_cards()
    partners = {
        member: Partner(
            id=member,
            nickname=f"member-{member.hex[-2:]}",
            region=by.choice([None, "TW-TPE", "TW-TPE", "KR-11"]),
            trust_level=by.choice([0, 1, 1, 1, 2, 3]),
            email_verified=by.random() < 0.9,
            accepts_proposals=by.random() < 0.9,
        )
        for member in members
    }
    items = [
        Item(
            id=CopyId(a_uuid(number, of=3)),
            card=by.choice(cards),
            owner=by.choice(members),
            condition=by.choice([GOOD, GOOD, WORN]),
            listed=by.random() < 0.9,
            promised=by.random() < 0.2,
        )
        for number in range(1, by.randint(6, LINES) + 1)
    ]
    wants = [
        Wanted(
            id=WantGroupId(a_uuid(number, of=4)),
            member=by.choice(members),
            cards=tuple(by.sample(cards, by.choice([1, 1, 2]))),
            slots=by.choice([0, 1, 1, 2]),
            rank=by.randint(1, 5),
            minimum=by.choice([None, None, GOOD]),
        )
        for number in range(1, by.randint(6, LINES) + 1)
    ]
    others = members[1:]
    for number in range(PLANTED):
        circle = [members[0], *by.sample(others, by.choice([1, 2, 3]))]
        for place, giver in enumerate(circle):
            card, mark = by.choice(cards), 100 + 10 * number + place
            copy = CopyId(a_uuid(mark, of=3))
            items.append(Item(copy, card, giver, GOOD, listed=True, promised=False))
            receiver = circle[(place + 1) % len(circle)]
            wants.append(Wanted(WantGroupId(a_uuid(mark, of=4)), receiver, (card,), 1, 3, None))
    some = by.sample(list(permutations(members, 2)), 3)
    return SmallMarket(
        partners=partners,
        items=items,
        wants=wants,
        suspended={by.choice(others)} if by.random() < 0.3 else set(),
        blocks=set(some[: by.randint(0, 2)]),
        silent={by.choice(others)} if trades and by.random() < 0.3 else set(),
        busy={frozenset(some[2])} if trades and by.random() < 0.3 else set(),
    )


def fits(market: SmallMarket, giver: MemberId, receiver: MemberId) -> set[CopyId]:
    """What one may give to another, each copy looked at for itself."""
    own = {item.card for item in market.items if item.owner == receiver and item.listed}
    return {
        item.id
        for item in market.items
        for naming in [[w for w in market.wants if w.member == receiver and item.card in w.cards]]
        if item.owner == giver and item.listed and not item.promised and item.card not in own
        if naming and all(want.slots for want in naming)
        if any(want.minimum is None or good(item, want.minimum) for want in naming)
    }


def good(item: Item, minimum: Condition) -> bool:
    """Whether it is good enough."""
    return WORSE_AND_WORSE.index(item.condition) <= WORSE_AND_WORSE.index(minimum)


def naive(market: SmallMarket, *, longest: int = 4) -> set[Circle]:
    """Every circle through the searching member that all rules allow, by trying all of them."""
    others = [member for member in market.partners if member != market.me]
    return {
        circle
        for length in range(1, longest)
        for path in permutations(others, length)
        for circle in [(market.me, *path)]
        if is_allowed(market, circle)
    }


def is_allowed(market: SmallMarket, circle: Circle) -> bool:
    """Whether these may swap, each giving to the next and the last to the first."""
    known = [market.partners[member] for member in circle]
    pairs = [frozenset(pair) for pair in permutations(circle, 2)]
    return (
        not market.suspended & {*circle}
        and not {frozenset(pair) for pair in market.blocks} & {*pairs}
        and not market.busy & {*pairs}
        and not market.silent & {*circle[1:]}
        and all(other.accepts_proposals for other in known[1:])
        and (can_meet(*known) if len(circle) == 2 else all(map(may_ring, known)))
        and all(fits(market, *leg) for leg in zip(circle, (*circle[1:], circle[0]), strict=True))
    )


def may_ring(one: Partner) -> bool:
    return one.trust_level > 0 and one.email_verified


def can_meet(one: Partner, other: Partner) -> bool:
    by_mail = one.email_verified and other.email_verified
    return by_mail or None in {one.region, other.region} or one.region == other.region


def circles_of(found: Found) -> set[Circle]:
    return {match.circle for match in found.matches}


def ensure_sound(found: Found, market: SmallMarket) -> None:
    """Every copy may go where it goes, as many each way, and no want is filled twice."""
    for match in found.matches:
        gifts = match.ring.gifts
        assert len({gift.copy for gift in gifts}) == len(gifts)
        assert len({len(leg) for leg in match.ring.legs}) == 1
        for gift in gifts:
            assert gift.copy in fits(market, gift.giver, gift.receiver)
        for want in market.wants:
            filling = sum(g.receiver == want.member and g.card in want.cards for g in gifts)
            assert filling <= max(want.slots, 0)
