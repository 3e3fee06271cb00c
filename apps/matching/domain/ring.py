"""A ring: each member gives to the next, and the last to the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from apps.catalogue.contract import CardId
from apps.collection.contract import CopyId, WantGroupId
from apps.shared.domain.ids import MemberId

PAIR, LONGEST = 2, 4
"""Members of the shortest ring there is, and of the longest that can be proposed."""
LEVEL_FOR_RINGS = 1
"""Of trust, in a ring of three or more (R8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """A copy that goes to somebody who wants its card, and the want group that it fills."""

    copy: CopyId
    card: CardId
    giver: MemberId
    receiver: MemberId
    group: WantGroupId
    rank: int


@dataclass(frozen=True, slots=True)
class Ring:
    """What each member gives to the next; the member with the smallest id gives first."""

    legs: tuple[tuple[Gift, ...], ...]

    @classmethod
    def of(cls, legs: Sequence[Sequence[Gift]]) -> "Ring":
        """Turn a ring so that the smallest id gives first."""
        first = min(range(len(legs)), key=lambda place: legs[place][0].giver)
        turned = (*legs[first:], *legs[:first])
        for leg, following in pairwise((*turned, turned[0])):
            if leg[0].receiver != following[0].giver:
                raise AssertionError("This ring is not closed.")
        return cls(tuple(tuple(sorted(leg, key=lambda gift: gift.copy)) for leg in turned))

    @property
    def members(self) -> tuple[MemberId, ...]:
        """Who is in it, in the order of giving."""
        return tuple(leg[0].giver for leg in self.legs)

    @property
    def gifts(self) -> tuple[Gift, ...]:
        """All that changes hands."""
        return sum(self.legs, ())
