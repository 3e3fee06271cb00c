"""A match: a pair or a ring that one member could propose now, how good it is, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest

from apps.matching.domain.company import Company, LeftOut
from apps.matching.domain.handing import Edge, Hand
from apps.matching.domain.ring import LONGEST, PAIR, Gift, Ring
from apps.matching.domain.search import Circle, legs_of, ring_of
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.trading.contract import Method

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


def score_of(circle: Circle, hands: Mapping[Edge, Hand], company: Company) -> int:
    """More wants of its first member, then a lower cost, then shorter, nearer, more trusted.

    The cost is what that member gets, by rank: the less, the more it is wanted.
    """
    legs = [hands[edge].gifts for edge in legs_of(circle)]
    wants = min(company.most_copies(circle), *map(len, legs))
    cost = sum(gift.rank for gift in legs[-1][:wants])
    value = wants * 1_000 + HIGHEST_RANK * wants - cost
    value = value * (LONGEST + 1) + LONGEST - len(circle)
    value = value * 2 + company.is_near(circle)
    return value * (HIGHEST_LEVEL + 1) + company.trust(circle)


def matches_of(
    circles: Iterable[Circle],
    hands: Mapping[Edge, Hand],
    company: Company,
    left_out: Counter[LeftOut],
    *,
    most: int,
) -> list[Match]:
    """Return the best that can be proposed; count what cannot, and may be told, by why."""
    found: list[tuple[int, Circle]] = []
    for circle in circles:
        if company.are_apart(circle):
            continue
        if reason := company.obstacle(circle):
            left_out[reason] += 1
        else:
            found.append((-score_of(circle, hands, company), circle))
    return [
        match_of(circle, hands, company, score=-order) for order, circle in nsmallest(most, found)
    ]


def match_of(circle: Circle, hands: Mapping[Edge, Hand], company: Company, *, score: int) -> Match:
    """Make the most of a circle, whose first member is the one it is for."""
    ring = ring_of(circle, hands, most=company.most_copies(circle))
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
