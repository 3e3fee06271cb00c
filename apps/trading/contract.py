"""What other contexts may ask of trades."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.collection.contract import CopyId
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.trading.domain.address import AddressId, AddressMissing, AddressNotNeeded
from apps.trading.domain.moderator import OwnCase, ensure_impartial, ensure_moderator
from apps.trading.domain.moves import InvalidTransition
from apps.trading.domain.proposal import NoSuchSender
from apps.trading.domain.rating import (
    RATED_WITHIN,
    AlreadyRated,
    AlreadyReplied,
    Appraisal,
    Opinion,
    RatingClosed,
    RatingId,
    RatingNotFound,
    RatingShown,
    Removal,
    Reply,
)
from apps.trading.domain.rating import Tag as RatingTag
from apps.trading.domain.reputation import FEWEST_SHOWN, Given, bayesian_mean, counted
from apps.trading.domain.terms import (
    MOST_COPIES,
    NEWCOMERS_COPIES,
    Method,
    MethodNotAvailable,
    PlannedInThePast,
    PlannedTooFar,
    Terms,
    TradeId,
)
from apps.trading.domain.trades import ProposalsNotAccepted, RecentlyRejected

__all__ = [
    "FEWEST_SHOWN",
    "MOST_COPIES",
    "NEWCOMERS_COPIES",
    "RATED_WITHIN",
    "REFUSED_TERMS",
    "AddressId",
    "AlreadyRated",
    "AlreadyReplied",
    "Appraisal",
    "Engagement",
    "Engagements",
    "Given",
    "HistoryCheck",
    "InvalidTransition",
    "Method",
    "Opinion",
    "OwnCase",
    "PlatformMean",
    "RatingClosed",
    "RatingId",
    "RatingNotFound",
    "RatingShown",
    "RatingTag",
    "Removal",
    "Reply",
    "RingProposals",
    "ShownTrades",
    "SwapProposals",
    "Terms",
    "TradeId",
    "bayesian_mean",
    "counted",
    "ensure_impartial",
    "ensure_moderator",
]

REFUSED_TERMS: tuple[type[DomainError], ...] = (
    AddressMissing,
    AddressNotNeeded,
    MethodNotAvailable,
    NoSuchSender,
    PlannedInThePast,
    PlannedTooFar,
    ProposalsNotAccepted,
    RecentlyRejected,
)
"""What may be wrong with a swap whose copies are all to be had."""


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
        address_id: AddressId | None = None,
        note: str | None = None,
    ) -> TradeId:
        """Raise whatever refuses a proposal."""
        ...


class RingProposals(Protocol):
    """Puts a ring before its members; joins the unit of work of whoever calls it."""

    async def __call__(self, gifts: Mapping[MemberId, Sequence[CopyId]]) -> TradeId:
        """Raise whatever refuses a ring."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """A live trade, as to those of its parties who were asked about."""

    id: TradeId
    parties: frozenset[MemberId]
    owing: frozenset[MemberId]
    """Those of them whose answer it waits for."""


class PlatformMean(Protocol):
    """The mean of all ratings that are shown, which counts beside somebody's own (R5)."""

    async def __call__(self) -> float | None:
        """Return it as it was last counted; None before anything was rated."""
        ...


class Engagements(Protocol):
    """What members have under way with each other."""

    most_per_pair: int
    """Live trades that two members may have with each other."""

    async def of(self, members: Collection[MemberId]) -> Sequence[Engagement]:
        """Return the live trades of these members, in one question."""
        ...


class ShownTrades(Protocol):
    """Trades as the routes of trading show them."""

    async def __call__(self, id: TradeId, *, to: MemberId) -> object:
        """Return what they show of one; raise TradeNotFound."""
        ...
