"""What other contexts may ask of trades."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from apps.collection.contract import CopyId
from apps.shared.domain.ids import MemberId
from apps.trading.domain.moves import InvalidTransition
from apps.trading.domain.terms import Method, Terms, TradeId

__all__ = [
    "HistoryCheck",
    "InvalidTransition",
    "Load",
    "Method",
    "RingProposals",
    "SwapProposals",
    "Terms",
    "TradeId",
]


class HistoryCheck(Protocol):
    """Whether the histories of all trades are still as they were written (K7)."""

    async def __call__(self) -> int:
        """Return how many events do not follow from the one before them, or were changed."""
        ...


class SwapProposals(Protocol):
    """Puts a swap of two before the other; joins the unit of work of whoever calls it."""

    async def __call__(
        self,
        *,
        by: MemberId,
        to: MemberId,
        give: Sequence[CopyId],
        take: Sequence[CopyId],
        terms: Terms,
    ) -> TradeId:
        """Raise whatever refuses a proposal."""
        ...


class RingProposals(Protocol):
    """Puts a ring before its members; joins the unit of work of whoever calls it."""

    async def __call__(self, gifts: Mapping[MemberId, Sequence[CopyId]]) -> TradeId:
        """Raise whatever refuses a ring."""
        ...


class Load(Protocol):
    """How much members are asked for."""

    async def unanswered(self, members: Collection[MemberId]) -> Mapping[MemberId, int]:
        """Return how many proposals wait for each one's answer, in one question; none is 0."""
        ...
