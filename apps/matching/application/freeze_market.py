"""What those who have joined a round offer and look for, as it is at one moment."""

from asyncio import to_thread
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.collection.contract import OpenLists
from apps.identity.contract import Directory, Ranks
from apps.matching.application.entries import Entries
from apps.matching.application.runs import FrozenRun, Rings, Runs
from apps.matching.domain.company import SILENT_FROM
from apps.matching.domain.market import Market, Offer, Wish
from apps.matching.domain.planned_ring import RunId
from apps.matching.domain.ring import LEVEL_FOR_RINGS, PAIR
from apps.matching.domain.round import MatchingRound
from apps.matching.domain.snapshot import Snapshot, sealed
from apps.matching.domain.solving import AsideSolver
from apps.shared.application.outbox import Watermark
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.domain.portions import portions
from apps.trading.contract import Engagements


@dataclass(frozen=True, slots=True)
class FreezeMarket:
    """Keep the input of a generation, inside the unit of work that holds the round."""

    entries: Entries
    lists: OpenLists
    ranks: Ranks
    directory: Directory
    engagements: Engagements
    runs: Runs
    rings: Rings
    solver: AsideSolver
    watermark: Watermark
    ids: Ids

    async def first(self, round: MatchingRound, *, seed: int, at: datetime) -> FrozenRun:
        """Freeze the lists of all who take part, or what each has chosen of them."""
        entries = await self.entries.of(round.id)
        able = await self._able([entry.member for entry in entries], round.max_length)
        copies = {e.member: set(e.copies) for e in entries if e.copies is not None}
        groups = {e.member: set(e.want_groups) for e in entries if e.want_groups is not None}
        offers, wishes = await self._offers(able), await self._wishes(able)
        if copies:
            offers = [o for o in offers if o.member not in copies or o.copy in copies[o.member]]
        if groups:
            wishes = [w for w in wishes if w.member not in groups or w.group in groups[w.member]]
        market = Market(offers=offers, wishes=wishes, apart=await self.directory.apart(able))
        return await self._keep(round, market, generation=1, seed=seed, at=at)

    async def again(self, round: MatchingRound, first: Snapshot, *, at: datetime) -> FrozenRun:
        """Freeze what is left of the first input: still offered, still wanted, by who may be asked.

        Who has refused a ring is not put together with its others again; who let the time pass is
        asked no more.
        """
        there = {offer.member for offer in first.market.offers}
        refusals = await self.rings.refusals(round.id)
        able = await self._able(there - refusals.silent, round.max_length)
        free = {offer.copy: offer for offer in await self._offers(able)}
        open_ = {wish.group: wish for wish in await self._wishes(able)}
        market = Market(
            offers=[free[o.copy] for o in first.market.offers if o.copy in free],
            wishes=[
                now._replace(slots=min(then.slots, now.slots))
                for then in first.market.wishes
                if (now := open_.get(then.group))
            ],
            apart=first.market.apart | await self.directory.apart(able) | refusals.apart,
        )
        generation = round.generation + 1
        return await self._keep(round, market, generation=generation, seed=first.seed, at=at)

    async def _able(self, members: Collection[MemberId], max_length: int) -> Sequence[MemberId]:
        """Leave out who is suspended, gone, not trusted any more, or asked for much already."""
        able: list[MemberId] = []
        for some in portions(members):
            ranks = await self.ranks.among(some)
            under_way = await self.engagements.of(some)
            owed = Counter(member for each in under_way for member in each.owing)
            able += [
                member
                for member in some
                if (rank := ranks.get(member))
                and (max_length <= PAIR or rank.trust_level >= LEVEL_FOR_RINGS)
                and owed[member] < SILENT_FROM
            ]
        return able

    async def _offers(self, members: Collection[MemberId]) -> list[Offer]:
        return [Offer._make(copy) for copy in await self.lists.offers(members)]

    async def _wishes(self, members: Collection[MemberId]) -> list[Wish]:
        return [Wish._make(want) for want in await self.lists.wants(members)]

    async def _keep(
        self, round: MatchingRound, market: Market, *, generation: int, seed: int, at: datetime
    ) -> FrozenRun:
        position = await self.watermark.now()
        snapshot = Snapshot(
            market=market,
            max_length=round.max_length,
            seed=seed,
            strategy=self.solver.strategy,
            version=self.solver.version,
            watermark=(position.tx, position.number),
        )
        text, digest = await to_thread(sealed, snapshot)
        run = FrozenRun(
            id=RunId(self.ids.next()),
            round=round.id,
            generation=generation,
            snapshot=snapshot,
            text=text,
            digest=digest,
            frozen_at=at,
        )
        await self.runs.freeze(run)
        return run
