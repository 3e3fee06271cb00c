"""A market: who offers which copies, and who wants which cards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from apps.catalogue.contract import CardId
from apps.collection.contract import Condition, CopyId, WantGroupId
from apps.shared.domain.ids import MemberId


class Offer(NamedTuple):
    """A free copy that its owner lists for trade."""

    copy: CopyId
    card: CardId
    member: MemberId
    condition: Condition


class Wish(NamedTuple):
    """A want group with open slots: so many more of these cards; rank 1 is wanted most."""

    group: WantGroupId
    member: MemberId
    cards: tuple[CardId, ...]
    slots: int
    rank: int
    min_condition: Condition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """All offers and wishes of those who take part; nobody in a pair of `apart` may meet."""

    offers: Sequence[Offer]
    wishes: Sequence[Wish]
    apart: frozenset[frozenset[MemberId]] = field(default_factory=frozenset)

    @property
    def members(self) -> frozenset[MemberId]:
        """Return who offers or looks for anything."""
        return frozenset({offer.member for offer in self.offers}).union(
            wish.member for wish in self.wishes
        )
