"""Finding the pairs and rings that one member could propose now."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice

from apps.catalogue.contract import CardId
from apps.collection.contract import Exchange, Lists, OfferedCopy, Prospect, WantedCard
from apps.identity.contract import Directory, Partner, Partners
from apps.matching.domain.company import Company, LeftOut, welcome
from apps.matching.domain.handing import Hands, Link
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
        """Return none for who is gone or suspended."""
        left_out = Counter({LeftOut.PROMISED: await self.exchange.held_back(me)})
        hidden = await self.directory.hidden_from(me)
        pairs, rings = MatchKind.PAIR in kinds, MatchKind.RING in kinds and longest > PAIR
        lists = await self._lists({me})
        asked = self.breadth.asked
        prospects = await self.exchange.prospects(
            haves=cards_of(lists.offers),
            needs=cards_of(lists.wanted),
            without={me, *hidden},
            rows=self.breadth.rows,
            both=asked * pairs,
            takers=asked * rings,
            sources=asked * rings,
        )
        company = await self._company(me, {me, *(each.member for each in prospects)})
        if me not in company.partners:
            return Found([], {}, {})
        welcomed = self._welcome(prospects, company, left_out)
        near = self._best(welcomed, both) if pairs else []
        takers: list[MemberId] = []
        sources: list[MemberId] = []
        if rings:
            able = [each for each in welcomed if company.is_in_rings(each.member)]
            left_out[LeftOut.NOT_IN_RINGS] += len(welcomed) - len(able)
            able = able if company.is_in_rings(me) else []
            takers, sources = self._best(able, takes), self._best(able, gives)
        known = {*near, *takers, *sources}
        lists = lists.plus(await self._lists(known))
        links = [self._link({me}, {*near, *takers}), self._link({*near, *sources}, {me})]
        if takers and sources:
            between: list[MemberId] = []
            if longest == LONGEST:
                ends = {*takers}, {*sources}
                between, company = await self._between(company, lists, *ends, hidden)
                lists = lists.plus(await self._lists({*between} - known))
            links.append(self._link(takers, {*between, *sources}))
            links.append(self._link({*between} - {*takers}, {*sources}))
            apart = await self.directory.apart({*takers, *between, *sources})
            company = replace(company, apart=apart)
        hands = Hands(lists, links)
        left_out.update(_unfit(me, hands))
        lengths = [PAIR] * pairs + [*range(PAIR + 1, longest + 1)] * rings
        paths = islice(circles(me, hands, lengths=lengths), self.breadth.circles)
        matches = matches_of(paths, hands, company, left_out, most=self.breadth.matches)
        return Found(matches, +left_out, company.partners)

    async def _between(
        self,
        company: Company,
        lists: Lists,
        takers: AbstractSet[MemberId],
        sources: AbstractSet[MemberId],
        hidden: Collection[MemberId],
    ) -> tuple[list[MemberId], Company]:
        """Find who could stand between those who take from a member and those who give to it."""
        prospects = await self.exchange.prospects(
            haves=cards_of(copy for copy in lists.offers if copy.owner_id in takers),
            needs=cards_of(want for want in lists.wanted if want.member_id in sources),
            without={*hidden, company.me},
            rows=self.breadth.rows,
            both=self.breadth.asked,
        )
        others = {each.member for each in prospects} - company.partners.keys()
        company = company.joined_by(await self._company(company.me, others))
        welcomed = self._welcome(prospects, company, Counter())
        able = [each for each in welcomed if company.is_in_rings(each.member)]
        return self._best(able, both), company

    async def _lists(self, members: Collection[MemberId]) -> Lists:
        return await self.exchange.lists(members, rows=self.breadth.rows)

    def _link(self, givers: Collection[MemberId], receivers: Collection[MemberId]) -> Link:
        """Look at as many transfers of one giver as of another."""
        return Link(givers, receivers, most=max(self.breadth.rows // max(len(givers), 1), 1))

    async def _company(self, me: MemberId, members: Collection[MemberId]) -> Company:
        return Company.of(
            me,
            await self.partners.among(members, to=me),
            await self.engagements.of(members),
            most_per_pair=self.engagements.most_per_pair,
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


def cards_of(lines: Iterable[OfferedCopy | WantedCard]) -> Sequence[CardId]:
    """Return the cards of some lists, those first that are most often in them."""
    return [card for card, _ in Counter(line.card_id for line in lines).most_common()]


def _unfit(me: MemberId, hands: Hands) -> Counter[LeftOut]:
    """Count the copies that would go to a member, or come from one, but for a rule."""
    my = hands.number[me]
    edges = [(my, receiver) for receiver in hands.receivers(my)]
    edges += [(giver, my) for giver in hands.givers(my)]
    reasons = {
        (copy, LeftOut(reason)) for edge in edges for copy, reason in hands.of(*edge).unfit.items()
    }
    return Counter(reason for _, reason in reasons)
