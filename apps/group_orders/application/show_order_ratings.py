"""What was said of each other in a group order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.application.show_orders import OrganiserView
from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.trading.contract import RatingId, RatingTag


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRatingView:
    """A rating; without `rater` where one of the two has blocked the other (R4).

    Until it is `shown` only its rater sees it and may change it; `closes_at` shows it in any case.
    Of one that was `removed` the words are left out.
    """

    id: RatingId
    rater: OrganiserView | None
    ratee_id: MemberId
    score: int
    tags: Sequence[RatingTag]
    comment: str | None
    reply: str | None
    shown: bool
    removed: bool
    rated_at: datetime
    edited_at: datetime
    closes_at: datetime


class ListOrderRatings(Protocol):
    """The ratings of a group order, oldest first: of its organiser, and those that you are in.

    Whoever runs it sees those of its joiners, too. Those of others are shown once both have rated,
    or the time for it is over.
    """

    async def __call__(
        self, id: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[OrderRatingView]:
        """Raise GroupOrderNotFound."""
        ...

    async def one(self, id: RatingId, *, to: MemberId) -> OrderRatingView:
        """Return a rating just given or replied to."""
        ...
