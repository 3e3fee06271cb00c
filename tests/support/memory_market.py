"""What matching asks of other contexts, answered from a small market in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.catalogue.contract import CardId
from apps.collection.contract import (
    CopyId,
    Exchange,
    Lists,
    OfferedCopy,
    Prospect,
    Transfer,
    WantedCard,
)
from apps.identity.contract import Partner, Partners
from apps.shared.domain.ids import MemberId
from apps.trading.contract import Engagement, Engagements, TradeId
from tests.support.builders import a_uuid
from tests.support.small_markets import Item, SmallMarket, Wanted


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
        haves: Sequence[CardId],
        needs: Sequence[CardId],
        without: Collection[MemberId],
        rows: int,
        both: int,
        takers: int = 0,
        sources: int = 0,
    ) -> Sequence[Prospect]:
        prospects = []
        hidden = {*without, *self.market.suspended}
        for member in self.market.partners.keys() - hidden:
            wanted = {card for w in self.market.wants if w.member == member for card in w.cards}
            held = {item.card for item in self.offered() if item.owner == member}
            takes, gives = len(wanted & {*haves}), len(held & {*needs})
            if (both and takes and gives) or (takers and takes) or (sources and gives):
                prospects.append(Prospect(member=member, takes=takes, gives=gives))
        return prospects[:rows]

    async def lists(self, of: Collection[MemberId], *, rows: int) -> Lists:
        asked = {*of} - self.market.suspended
        offers = [
            OfferedCopy(item.id, item.card, item.owner, item.condition)
            for item in self.offered()
            if item.owner in asked
        ]
        wanted = [
            WantedCard(want.id, card, want.member, want.minimum, want.rank, self.slots(want))
            for want in self.market.wants
            for card in want.cards
            if want.member in asked
            if not any(
                own.owner == want.member and own.card == card and own.listed
                for own in self.market.items
            )
        ]
        return Lists(offers[:rows], wanted[:rows])

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
