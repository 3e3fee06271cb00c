"""A match: a pair or a ring that one member could propose now, how good it is, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest

from apps.matching.domain.company import Company, LeftOut
from apps.matching.domain.handing import Hands
from apps.matching.domain.ring import LONGEST, PAIR, Gift, Ring
from apps.matching.domain.search import Circle, Path, legs_of, ring_of
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.trading.contract import MOST_COPIES, NEWCOMERS_COPIES, Method

HIGHEST_RANK, HIGHEST_LEVEL = 5, 3
TRUSTED_FROM = 2
"""The trust level that is worth telling."""


class MatchNotFound(NotFound):
    """There is no such match of yours, or it was found more than a day ago."""


class MatchKind(StrEnum):
    """Between how many."""

    PAIR = "pair"
    RING = "ring"


class Reason(StrEnum):
    """Why these partners."""

    GIVES = "offers_what_you_want"
    TAKES = "wants_what_you_offer"
    TOP_WISH = "top_wish"
    NEAR = "same_region"
    TRUSTED = "trusted"
    CLOSES = "closes_a_ring"


@dataclass(frozen=True, slots=True)
class Match:
    """`score` puts matches of one member into their order; ids decide where it is the same."""

    circle: Circle
    ring: Ring
    gains: tuple[Gift, ...]
    methods: tuple[Method, ...]
    near: bool
    trust: int
    score: int

    @property
    def kind(self) -> MatchKind:
        """A pair is a ring of two."""
        return MatchKind.PAIR if len(self.circle) == PAIR else MatchKind.RING

    @property
    def order(self) -> tuple[int, Circle]:
        """Sorts the best first."""
        return -self.score, self.circle

    @property
    def reasons(self) -> Sequence[Reason]:
        """Why it is worth proposing, in the order in which it is told."""
        ring = self.kind is MatchKind.RING
        told = {
            Reason.GIVES: not ring,
            Reason.TAKES: not ring,
            Reason.CLOSES: ring,
            Reason.TOP_WISH: any(gift.rank == 1 for gift in self.gains),
            Reason.NEAR: self.near,
            Reason.TRUSTED: self.trust >= TRUSTED_FROM,
        }
        return [reason for reason, holds in told.items() if holds]


class Scores:
    """How good circles are, for whom the searching member is the first in them.

    More wants of that member come first, then a lower cost, then shorter, nearer, more trusted.
    The cost is what they get, by rank: the less, the more it is wanted.
    """

    def __init__(self, hands: Hands, company: Company) -> None:
        partners = [company.partners[member] for member in hands.members]
        self._of = hands.of
        self._levels = [partner.trust_level for partner in partners]
        self._most = [MOST_COPIES if level else NEWCOMERS_COPIES for level in self._levels]
        self._regions = [partner.region for partner in partners]

    def __call__(self, path: Path) -> int:
        """Return a number that is greater for a better one."""
        first, giver = path[0], path[0]
        wants, trust, region = self._most[first], HIGHEST_LEVEL, self._regions[first]
        near = region is not None
        for receiver in path[1:]:
            wants = min(wants, self._most[receiver], len(self._of(giver, receiver).gifts))
            trust = min(trust, self._levels[receiver])
            near = near and self._regions[receiver] == region
            giver = receiver
        gains = self._of(giver, first).gifts
        wants = min(wants, len(gains))
        cost = sum([best.want.rank for best in gains[:wants]])
        value = wants * 1_000 + HIGHEST_RANK * wants - cost
        value = value * (LONGEST + 1) + LONGEST - len(path)
        value = value * 2 + near
        return value * (HIGHEST_LEVEL + 1) + trust


def matches_of(
    paths: Iterable[Path],
    hands: Hands,
    company: Company,
    left_out: Counter[LeftOut],
    *,
    most: int,
) -> list[Match]:
    """Return the best that can be proposed; count what cannot, and may be told, by why."""
    score, found = Scores(hands, company), list[tuple[int, Path]]()
    for path in paths:
        circle = tuple([hands.members[number] for number in path])
        if company.are_apart(circle):
            continue
        if reason := company.obstacle(circle):
            left_out[reason] += 1
        else:
            found.append((-score(path), path))
    return [match_of(path, hands, company, score=-order) for order, path in nsmallest(most, found)]


def match_of(path: Path, hands: Hands, company: Company, *, score: int) -> Match:
    """Make the most of a circle, whose first member is the one it is for."""
    circle = tuple([hands.members[number] for number in path])
    ring = ring_of(path, hands, most=company.most_copies(circle))
    return Match(
        circle=circle,
        ring=ring,
        gains=tuple(gift for gift in ring.gifts if gift.receiver == circle[0]),
        methods=company.methods(circle),
        near=company.is_near(circle),
        trust=company.trust(circle),
        score=score,
    )


def givers_of(match: Match) -> Mapping[MemberId, Sequence[Gift]]:
    """Return what each gives, in the order of giving from its member on."""
    by_giver = {leg[0].giver: leg for leg in match.ring.legs}
    return {giver: by_giver[giver] for giver, _ in legs_of(match.circle)}
