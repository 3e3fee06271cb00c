"""A match: a pair or a ring that one member could propose now, how good it is, and why."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.matching.domain.company import Company, LeftOut
from apps.matching.domain.handing import Edge, Hand
from apps.matching.domain.ring import LONGEST, Gift, Ring
from apps.matching.domain.search import PAIR, Circle, legs_of, ring_of
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

    @property
    def kind(self) -> MatchKind:
        """A pair is a ring of two."""
        return MatchKind.PAIR if len(self.circle) == PAIR else MatchKind.RING

    @property
    def cost(self) -> int:
        """What its member gets, by rank: the less, the more it is wanted."""
        return sum(gift.rank for gift in self.gains)

    @property
    def score(self) -> int:
        """More wants of the member's own, then a lower cost, then shorter, nearer, more trusted."""
        wants = len(self.gains)
        value = wants * 1_000 + HIGHEST_RANK * wants - self.cost
        value = value * (LONGEST + 1) + LONGEST - len(self.circle)
        return (value * 2 + self.near) * (HIGHEST_LEVEL + 1) + self.trust

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


def match_of(circle: Circle, hands: Mapping[Edge, Hand], company: Company) -> Match:
    """Make the most of a circle, whose first member is the one it is for."""
    ring = ring_of(circle, hands, most=company.most_copies(circle))
    return Match(
        circle=circle,
        ring=ring,
        gains=tuple(gift for gift in ring.gifts if gift.receiver == circle[0]),
        methods=company.methods(circle),
        near=company.is_near(circle),
        trust=company.trust(circle),
    )


def matches_of(
    circles: Iterable[Circle],
    hands: Mapping[Edge, Hand],
    company: Company,
    left_out: Counter[LeftOut],
) -> list[Match]:
    """Return what can be proposed, the best first; count what cannot, and may be told, by why."""
    found = []
    for circle in circles:
        if company.are_apart(circle):
            continue
        if reason := company.obstacle(circle):
            left_out[reason] += 1
        else:
            found.append(match_of(circle, hands, company))
    return sorted(found, key=lambda match: match.order)


def givers_of(match: Match) -> Mapping[MemberId, Sequence[Gift]]:
    """Return what each gives, in the order of giving from its member on."""
    by_giver = {leg[0].giver: leg for leg in match.ring.legs}
    return {giver: by_giver[giver] for giver, _ in legs_of(match.circle)}
