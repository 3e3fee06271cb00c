"""What others have said of a member, and what trades have shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.trading.domain.rating import RatingId, Tag
from apps.trading.domain.terms import TradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterView:
    """Who has rated."""

    id: MemberId
    nickname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingView:
    """What somebody said; without `rater` where one of the two has blocked the other (R4)."""

    id: RatingId
    rater: RaterView | None
    score: int
    tags: Sequence[Tag]
    comment: str | None
    reply: str | None
    rated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRatingView:
    """A rating among the parties of its trade.

    Until it is `shown` only its rater sees it and may change it; `closes_at` shows it in any case.
    Of one that was `removed` the words are left out.
    """

    id: RatingId
    rater_id: MemberId
    ratee_id: MemberId
    score: int
    tags: Sequence[Tag]
    comment: str | None
    reply: str | None
    shown: bool
    removed: bool
    rated_at: datetime
    edited_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many trades came to what within some time, and how fast proposals were answered."""

    completed: int
    completed_in_person: int
    completed_by_mail: int
    presence_verified: int
    cancelled_at_fault: int
    disputes_lost: int
    unanswered_proposals: int
    median_answer_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReputationView:
    """A member's score and figures; below three completed trades only that they are `new` (R5).

    `score` is null as long as nobody at all has been rated; `ratings` is how many count for it.
    The mean of all members, to which a score is drawn, is at most a minute old.
    """

    member_id: MemberId
    new: bool
    score: float | None
    ratings: int | None
    last_12_months: Figures | None
    all_time: Figures | None


class ListRatingsOfTrade(Protocol):
    """The ratings of a trade of yours, oldest first: your own, and those that are shown."""

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[TradeRatingView]:
        """Raise TradeNotFound, also for a stranger."""
        ...

    async def one(self, id: RatingId) -> TradeRatingView:
        """Return a rating just given or replied to."""
        ...


class ListRatingsOfMember(Protocol):
    """What others have said of a member, newest first."""

    async def __call__(
        self, member: MemberId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[RatingView]:
        """Raise UserNotFound, also for who is hidden."""
        ...


class ShowReputation(Protocol):
    """A member's score, and what their trades came to: in the last 12 months, and ever."""

    async def __call__(self, member: MemberId, *, to: MemberId) -> ReputationView:
        """Raise UserNotFound, also for who is hidden."""
        ...
