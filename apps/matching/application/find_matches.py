"""Finding the pairs and rings that one member could propose now."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from apps.collection.contract import Exchange, Prospect, Transfer
from apps.identity.contract import Directory, Partner, Partners
from apps.matching.domain.company import Company, LeftOut, welcome
from apps.matching.domain.handing import Edge, Hand, Hands
from apps.matching.domain.match import Match, MatchKind, matches_of
from apps.matching.domain.ring import LONGEST, PAIR
from apps.matching.domain.search import circles
from apps.shared.domain.ids import MemberId
from apps.trading.contract import Engagements

BOTH_KINDS = frozenset(MatchKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breadth:
    """How far is looked, so that no list and no card makes a search long (D.2)."""

    members: int = 50
    """Whom one could give to, or get from."""
    asked: int = 150
    """Of whom one asks before that, since not everybody wants to be found."""
    rows: int = 5_000
    """That one statement joins."""
    circles: int = 2_000
    """That are looked at."""
    matches: int = 200
    """That are told."""


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, the best first, and how much was left out, by the reason."""

    matches: Sequence[Match]
    left_out: Mapping[LeftOut, int]
    partners: Mapping[MemberId, Partner]


@dataclass(frozen=True, slots=True)
class FindMatches:
    """Reads lists and promises as they stand, in as many statements for many as for few."""

    directory: Directory
    partners: Partners
    exchange: Exchange
    engagements: Engagements
    breadth: Breadth

    async def __call__(
        self, me: MemberId, *, kinds: Collection[MatchKind] = BOTH_KINDS, longest: int = LONGEST
    ) -> Found:
        left_out = Counter({LeftOut.PROMISED: await self.exchange.held_back(me)})
        hidden = await self.directory.hidden_from(me)
        pairs, rings = MatchKind.PAIR in kinds, MatchKind.RING in kinds and longest > PAIR
        asked = self.breadth.asked
        prospects = await self.exchange.prospects(
            givers=[me],
            receivers=[me],
            without={me, *hidden},
            rows=self.breadth.rows,
            both=asked * pairs,
            takers=asked * rings,
            sources=asked * rings,
        )
        company = await self._company(me, {me, *(each.member for each in prospects)})
        welcomed = self._welcome(prospects, company, left_out)
        near = self._best(welcomed, both) if pairs else []
        transfers: list[Transfer] = []
        takers: list[MemberId] = []
        sources: list[MemberId] = []
        if rings:
            able = [each for each in welcomed if company.is_in_rings(each.member)]
            left_out[LeftOut.NOT_IN_RINGS] += len(welcomed) - len(able)
            able = able if company.is_in_rings(me) else []
            takers, sources = self._best(able, takes), self._best(able, gives)
            if takers and sources:
                between: list[MemberId] = []
                if longest == LONGEST:
                    between, company = await self._between(company, takers, sources, hidden)
                    transfers += await self._transfers(between, sources, share=2)
                transfers += await self._transfers(takers, {*between, *sources}, share=2)
                apart = await self.directory.apart({*takers, *between, *sources})
                company = replace(company, apart=apart)
        transfers += await self._transfers([me], {*near, *takers})
        transfers += await self._transfers({*near, *sources}, [me])
        edges = Hands(transfers)
        left_out.update(_unfit(me, edges))
        lengths = [PAIR] * pairs + [*range(PAIR + 1, longest + 1)] * rings
        some = islice(circles(me, edges, lengths=lengths), self.breadth.circles)
        most = self.breadth.matches
        matches = matches_of(some, edges, company, left_out, most=most)
        return Found(matches, +left_out, company.partners)

    async def _between(
        self,
        company: Company,
        takers: Collection[MemberId],
        sources: Collection[MemberId],
        hidden: Collection[MemberId],
    ) -> tuple[list[MemberId], Company]:
        """Find who could stand between those who take from a member and those who give to it."""
        prospects = await self.exchange.prospects(
            givers=takers,
            receivers=sources,
            without={*hidden, company.me},
            rows=self.breadth.rows,
            both=self.breadth.asked,
        )
        others = {each.member for each in prospects} - company.partners.keys()
        company = company.joined_by(await self._company(company.me, others))
        welcomed = self._welcome(prospects, company, Counter())
        able = [each for each in welcomed if company.is_in_rings(each.member)]
        return self._best(able, both), company

    async def _company(self, me: MemberId, members: Collection[MemberId]) -> Company:
        return Company.of(
            me,
            await self.partners.among(members, to=me),
            await self.engagements.of(members),
            most_per_pair=self.engagements.most_per_pair,
        )

    async def _transfers(
        self, givers: Collection[MemberId], receivers: Collection[MemberId], *, share: int = 1
    ) -> Sequence[Transfer]:
        return await self.exchange.transfers(
            givers=givers, receivers=receivers, rows=self.breadth.rows // share
        )

    def _welcome(
        self, prospects: Sequence[Prospect], company: Company, left_out: Counter[LeftOut]
    ) -> list[Prospect]:
        kept = set(welcome([each.member for each in prospects], company, left_out))
        return [each for each in prospects if each.member in kept]

    def _best(
        self, prospects: Sequence[Prospect], worth: Callable[[Prospect], int]
    ) -> list[MemberId]:
        """Return the best ones; where they are worth the same, those who came last."""
        best = sorted(
            (each for each in prospects if worth(each)),
            key=lambda each: (worth(each), each.takes + each.gives, each.member),
            reverse=True,
        )
        return [each.member for each in best[: self.breadth.members]]


def both(prospect: Prospect) -> int:
    """Return how many cards can go both ways."""
    return min(prospect.takes, prospect.gives)


def takes(prospect: Prospect) -> int:
    """Return how many cards could go there."""
    return prospect.takes


def gives(prospect: Prospect) -> int:
    """Return how many cards could come from there."""
    return prospect.gives


def _unfit(me: MemberId, edges: Mapping[Edge, Hand]) -> Counter[LeftOut]:
    """Count the copies that would go to a member, or come from one, but for a rule."""
    reasons = {
        (copy, LeftOut(reason))
        for edge in edges
        if me in edge
        for copy, reason in edges[edge].unfit.items()
    }
    return Counter(reason for _, reason in reasons)
