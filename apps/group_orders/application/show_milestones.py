"""Questions about how a group order gets on, and what they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from apps.group_orders.domain.milestone import (
    MilestoneId,
)
from apps.group_orders.domain.milestone_steps import (
    MilestoneAction,
    MilestoneKind,
    MilestoneState,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """That a milestone was planned for another day."""

    was_on: date
    planned_on: date
    reason: str
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneView:
    """A milestone; from `due_at` on, when its day has ended everywhere, it is overdue.

    Its moves are listed from the first to the last.
    """

    id: MilestoneId
    group_order_id: GroupOrderId
    kind: MilestoneKind
    state: MilestoneState
    planned_on: date
    due_at: datetime
    done_at: datetime | None
    note: str | None
    proof_url: str | None
    moves: Sequence[MoveView]
    created_at: datetime
    allowed_actions: Sequence[MilestoneAction]


class ShowMilestone(Protocol):
    """A milestone of a group order, and how it stands now."""

    async def __call__(self, id: MilestoneId, *, to: MemberId) -> MilestoneView:
        """Raise MilestoneNotFound, also where the order is hidden from them."""
        ...


class ListMilestones(Protocol):
    """How a group order is to get on, and how it has; in the order in which things happen."""

    async def __call__(self, order: GroupOrderId, *, to: MemberId) -> Sequence[MilestoneView]:
        """Return all of them; raise GroupOrderNotFound."""
        ...
