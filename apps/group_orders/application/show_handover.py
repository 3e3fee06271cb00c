"""How far the handover of a group order has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.handover import HandoverId, Outcome
from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverView:
    """The last one that was asked for: `agreed` of its `joiners` do, and `needed` have to.

    The co-organiser has `accepted_at`, a moderator has `approved_at`. It is `done`, or `void` where
    others came to run the order meanwhile.
    """

    id: HandoverId
    organiser_id: MemberId
    co_organiser_id: MemberId
    asked_by: MemberId
    reason: str | None
    asked_at: datetime
    accepted_at: datetime | None
    approved_at: datetime | None
    joiners: int
    agreed: int
    needed: int
    i_agree: bool
    ended_at: datetime | None
    outcome: Outcome | None


class ShowHandover(Protocol):
    """The handover of a group order that was asked for last, and who is still to agree."""

    async def __call__(self, id: GroupOrderId, *, to: MemberId) -> HandoverView:
        """Raise GroupOrderNotFound, JoinersOnly and HandoverNotFound."""
        ...
