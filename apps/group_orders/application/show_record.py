"""What an organiser has made of their group orders."""

from dataclasses import dataclass
from typing import Protocol

from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganiserRecordView:
    """How many group orders are `live` and came to which end, and what joiners say of it.

    A milestone was reached on time where that was done by the day first planned for it. Refunds are
    open until they are confirmed or decided; a dispute is lost where a moderator upheld it. Orders
    and their open refunds are of who organises them now; milestones that were reached, and what was
    disputed, of who did so then. Below three ratings that count an organiser is `new`, and has no
    `rating`, which is the mean of them and of five more that are as the mean of all trades.
    """

    member_id: MemberId
    live: int
    stalled: int
    closed: int
    cancelled: int
    failed: int
    milestones_reached: int
    milestones_on_time: int
    refunds_open: int
    disputes_lost: int
    new: bool
    rating: float | None
    ratings: int


class ShowOrganiserRecord(Protocol):
    """What came of the group orders of a member, and how they are rated for them (G12)."""

    async def __call__(self, member: MemberId, *, to: MemberId) -> OrganiserRecordView:
        """Raise UserNotFound, also for who is hidden."""
        ...
