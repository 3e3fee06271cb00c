"""Those who could swap with one member, and what keeps some of them from it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Self

from apps.identity.contract import Partner
from apps.matching.domain.ring import LEVEL_FOR_RINGS, PAIR
from apps.matching.domain.search import Circle
from apps.shared.domain.ids import MemberId
from apps.trading.contract import MOST_COPIES, NEWCOMERS_COPIES, Engagement, Method, TradeId

SILENT_FROM = 3
"""Proposals without an answer, from which on nobody is led to somebody (D.2)."""

NONE: frozenset[TradeId] = frozenset()


class LeftOut(StrEnum):
    """Why something was not suggested; blocks are no reason that is ever told."""

    UNANSWERED = "unanswered_proposals"
    NOT_ACCEPTED = "proposals_not_accepted"
    NOT_IN_RINGS = "not_in_rings"
    NO_METHOD = "no_common_method"
    PAIR_LIMIT = "live_trades_per_pair"
    UNDER_WAY = "already_proposed"
    WORN = "min_condition"
    FULL = "want_full"
    PROMISED = "promised"


@dataclass(frozen=True, slots=True)
class Company:
    """What is known of members who may be led to each other."""

    me: MemberId
    partners: Mapping[MemberId, Partner]
    owed: Mapping[MemberId, int]
    """How many proposals wait for an answer of each."""
    trades: Mapping[MemberId, AbstractSet[TradeId]]
    """Which live trades each is a party to."""
    most_per_pair: int
    apart: frozenset[frozenset[MemberId]] = frozenset()

    @classmethod
    def of(
        cls,
        me: MemberId,
        partners: Mapping[MemberId, Partner],
        engagements: Iterable[Engagement],
        *,
        most_per_pair: int,
    ) -> Self:
        """Put together what is known; each member was asked about once."""
        owed: Counter[MemberId] = Counter()
        trades: dict[MemberId, set[TradeId]] = defaultdict(set)
        for each in engagements:
            owed.update(each.owing)
            for party in each.parties:
                trades[party].add(each.id)
        return cls(me, partners, owed, trades, most_per_pair)

    def joined_by(self, others: "Company") -> Self:
        """Return a larger company."""
        return replace(
            self,
            partners={**self.partners, **others.partners},
            owed={**self.owed, **others.owed},
            trades={**self.trades, **others.trades},
        )

    def reserve(self, member: MemberId) -> LeftOut | None:
        """Tell why nobody is led to this member, who is known."""
        if not self.partners[member].accepts_proposals:
            return LeftOut.NOT_ACCEPTED
        return LeftOut.UNANSWERED if self.owed.get(member, 0) >= SILENT_FROM else None

    def is_in_rings(self, member: MemberId) -> bool:
        """Tell whether this member may be in a ring (R8)."""
        known = self.partners.get(member)
        if known is None:
            return False
        return known.trust_level >= LEVEL_FOR_RINGS and known.email_verified

    def are_apart(self, circle: Circle) -> bool:
        """Tell whether two of them must not meet, wherever they stand."""
        return bool(self.apart) and any(pair <= set(circle) for pair in self.apart)

    def obstacle(self, circle: Circle) -> LeftOut | None:
        """Tell why these do not swap now, though they could."""
        if len(circle) == PAIR and not self.methods(circle):
            return LeftOut.NO_METHOD
        if len([member for member in circle if member in self.trades]) < PAIR:
            return None
        trades = [self.trades.get(member, NONE) for member in circle]
        if len(circle) > PAIR and frozenset.intersection(*map(frozenset, trades)):
            return LeftOut.UNDER_WAY
        if any(len(one & other) >= self.most_per_pair for one, other in combinations(trades, 2)):
            return LeftOut.PAIR_LIMIT
        return None

    def methods(self, circle: Circle) -> tuple[Method, ...]:
        """Return how their cards can change hands: a ring by mail, a pair also where they meet.

        Who has told no region may live in any.
        """
        if len(circle) > PAIR:
            return (Method.MAIL,)
        one, other = (self.partners[member] for member in circle)
        apart = one.region and other.region and one.region != other.region
        by_mail = one.email_verified and other.email_verified
        return (Method.IN_PERSON,) * (not apart) + (Method.MAIL,) * by_mail

    def most_copies(self, circle: Circle) -> int:
        """Return how many copies each of them gives at most."""
        new = any(not self.partners[member].trust_level for member in circle)
        return NEWCOMERS_COPIES if new else MOST_COPIES

    def is_near(self, circle: Circle) -> bool:
        """Tell whether all live in one region."""
        regions = {self.partners[member].region for member in circle}
        return len(regions) == 1 and regions != {None}

    def trust(self, circle: Circle) -> int:
        """Return the level of the least trusted partner."""
        return min(self.partners[member].trust_level for member in circle if member != self.me)


def welcome(
    members: Iterable[MemberId], company: Company, left_out: Counter[LeftOut]
) -> list[MemberId]:
    """Keep those to whom others are led, and count the rest by the reason."""
    kept = []
    for member in members:
        if member not in company.partners:
            continue
        if reason := company.reserve(member):
            left_out[reason] += 1
        else:
            kept.append(member)
    return kept
