"""Small markets drawn by a seed, what is in them by the rules alone, and their ports in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from random import Random

from apps.catalogue.contract import CardId
from apps.collection.contract import (
    WORSE_AND_WORSE,
    Condition,
    CopyId,
    Exchange,
    Prospect,
    Transfer,
    WantGroupId,
)
from apps.identity.contract import Partner, Partners
from apps.matching.application.find_matches import Found
from apps.shared.domain.ids import MemberId
from apps.trading.contract import Engagement, Engagements, TradeId
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


@dataclass
class MemoryExchange(Exchange):
    """Lists in memory; nothing is capped."""

    market: SmallMarket

    def offered(self) -> Iterator[Item]:
        for item in self.market.items:
            if item.listed and not item.promised and item.owner not in self.market.suspended:
                yield item

    def slots(self, want: Wanted) -> int:
        return want.slots

    async def prospects(
        self,
        *,
        givers: Collection[MemberId],
        receivers: Collection[MemberId],
        without: Collection[MemberId],
        rows: int,
        both: int,
        takers: int = 0,
        sources: int = 0,
    ) -> Sequence[Prospect]:
        haves = {item.card for item in self.offered() if item.owner in givers}
        needs = {card for w in self.market.wants if w.member in receivers for card in w.cards}
        prospects = []
        hidden = {*without, *self.market.suspended}
        for member in self.market.partners.keys() - hidden:
            wanted = {card for w in self.market.wants if w.member == member for card in w.cards}
            held = {item.card for item in self.offered() if item.owner == member}
            takes, gives = len(wanted & haves), len(held & needs)
            if (both and takes and gives) or (takers and takes) or (sources and gives):
                prospects.append(Prospect(member=member, takes=takes, gives=gives))
        return prospects[:rows]

    async def transfers(
        self, *, givers: Collection[MemberId], receivers: Collection[MemberId], rows: int
    ) -> Sequence[Transfer]:
        return [
            Transfer(
                copy=item.id,
                card=item.card,
                condition=item.condition,
                giver=item.owner,
                group=want.id,
                receiver=want.member,
                rank=want.rank,
                min_condition=want.minimum,
                slots=self.slots(want),
            )
            for item in self.offered()
            for want in self.market.wants
            if item.owner in givers and want.member in receivers and item.card in want.cards
            if item.owner != want.member and want.member not in self.market.suspended
            if not any(
                own.owner == want.member and own.card == item.card and own.listed
                for own in self.market.items
            )
        ][:rows]

    async def fitting(
        self, copies: Collection[CopyId], *, receivers: Collection[MemberId]
    ) -> Sequence[Transfer]:
        raise NotImplementedError(copies, receivers)

    async def held_back(self, member: MemberId) -> int:
        return sum(item.owner == member and item.promised for item in self.market.items)


@dataclass
class MemoryPartners(Partners):
    """Members in memory, with their blocks."""

    market: SmallMarket

    async def among(self, ids: Collection[MemberId], *, to: MemberId) -> Mapping[MemberId, Partner]:
        gone = self.market.suspended | await self.hidden_from(to)
        return {id: self.market.partners[id] for id in ids if id not in gone}

    async def hidden_from(self, member: MemberId) -> frozenset[MemberId]:
        pairs = [pair for pair in self.market.blocks if member in pair]
        return frozenset(id for pair in pairs for id in pair if id != member)

    async def apart(self, ids: Collection[MemberId]) -> frozenset[frozenset[MemberId]]:
        return frozenset(frozenset(pair) for pair in self.market.blocks if {*pair} <= {*ids})


@dataclass
class MemoryEngagements(Engagements):
    """Trades in memory."""

    market: SmallMarket
    most_per_pair: int = 3

    async def of(self, members: Collection[MemberId]) -> Sequence[Engagement]:
        asked = frozenset(members)
        parties = [(pair, frozenset[MemberId]()) for pair in sorted(self.market.busy, key=sorted)]
        parties += [(frozenset({each}), frozenset({each})) for each in self.market.silent]
        return [
            Engagement(
                id=TradeId(a_uuid(3 * number + again, of=9)),
                parties=pair & asked,
                owing=owing & asked,
            )
            for number, (pair, owing) in enumerate(parties, start=1)
            for again in range(3)
            if pair & asked
        ]


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
