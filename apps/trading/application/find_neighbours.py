"""Which accounts have written down the same place; it may be one person, or one family."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Somebody else, and how many places there are that both have written down."""

    member_id: MemberId
    places: int


class FindNeighbours(Protocol):
    """Members who have an address in common with somebody, for whoever looks into a fraud."""

    async def __call__(self, of: MemberId) -> Sequence[Neighbour]:
        """Return those with most places first; no address is opened for that."""
        ...
