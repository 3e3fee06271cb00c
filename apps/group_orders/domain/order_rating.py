"""What joiners say of an organiser, and the organiser of how punctually they paid (G13)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.group_orders.domain.payment import JoinersOnly
from apps.shared.domain.errors import DomainError, Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.trading.contract import (
    RATED_WITHIN,
    Appraisal,
    Opinion,
    RatingClosed,
    RatingId,
    RatingTag,
)

RATEABLE = (OrderState.CLOSED, OrderState.FAILED)


class JoinerNotNamed(DomainError):
    """Say which joiner of your group order you rate."""


class JoinerNotFound(NotFound):
    """Nothing of this group order was allocated to this member."""


class NothingReceived(Forbidden):
    """Nothing of this group order was allocated to you, so you have nothing to rate."""


class PunctualityOnly(DomainError):
    """Joiners are rated on how punctually they paid: by a score, without words or other tags."""


@dataclass(kw_only=True, eq=False)
class OrderRating(Appraisal):
    """A rating for a group order that is over."""

    order: GroupOrderId

    @classmethod
    def give(
        cls,
        id: RatingId,
        *,
        of: GroupOrder,
        part: Part,
        by: MemberId,
        to: MemberId | None,
        opinion: Opinion,
        at: datetime,
    ) -> Self:
        """Rate the organiser as a joiner, or a joiner as the organiser; `to` that one.

        Raises JoinersOnly, InvalidTransition, RatingClosed, JoinerNotNamed and PunctualityOnly.
        """
        if part not in {Part.ORGANISER, Part.JOINER}:
            raise JoinersOnly
        of.ensure_in(*RATEABLE, part=part)
        closes_at = (of.ended_at or at) + RATED_WITHIN
        if at >= closes_at:
            raise RatingClosed(closed_at=closes_at)
        if part is Part.ORGANISER and to is None:
            raise JoinerNotNamed
        if part is Part.ORGANISER and (opinion.comment or {*opinion.tags} - {RatingTag.PUNCTUAL}):
            raise PunctualityOnly
        return cls(
            id=id,
            order=of.id,
            rater_id=by,
            ratee_id=to if part is Part.ORGANISER and to else of.organiser,
            opinion=opinion,
            rated_at=at,
            edited_at=at,
            closes_at=closes_at,
            revealed_at=None,
            reply=None,
            removal=None,
        )


class OrderRatingRepository(Protocol):
    """All ratings for group orders."""

    async def add(self, entity: OrderRating, /) -> None:
        """Keep a new one; raise AlreadyRated if there is one of this rater, ratee and order."""
        ...

    async def save(self, entity: OrderRating, /) -> None:
        """Keep what changed."""
        ...

    async def lock(self, id: RatingId) -> OrderRating:
        """Return it as it now stands and nobody else can change it; raise RatingNotFound."""
        ...

    async def between(
        self, member: MemberId, other: MemberId, *, on: GroupOrderId
    ) -> list[OrderRating]:
        """Return what those two have said of each other; who asks has locked the order."""
        ...
