"""What happens to group orders."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from apps.group_orders.domain.order_steps import OrderState
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Event

GroupOrderId = NewType("GroupOrderId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOrderEvent(Event):
    """Something happened to a group order."""

    order: GroupOrderId


class GroupOrderOpened(GroupOrderEvent):
    """Rounds can be opened, and members may join."""


class GroupOrderLocked(GroupOrderEvent):
    """Nobody joins any more; it is about to be ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOrderMoved(GroupOrderEvent):
    """A milestone has brought it into another state."""

    state: OrderState


class GroupOrderStalled(GroupOrderEvent):
    """Milestones are long overdue, and nobody has said a word (G9)."""


class GroupOrderResumed(GroupOrderEvent):
    """Its organisers have said how it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAsked(GroupOrderEvent):
    """Who runs it has asked for it to be handed over to the co-organiser (G14)."""

    by: MemberId
    giver: MemberId
    receiver: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupOrderHandedOver(GroupOrderEvent):
    """Another member answers for it from now on."""

    giver: MemberId
    receiver: MemberId


class GroupOrderClosed(GroupOrderEvent):
    """Everybody has what was theirs."""


class GroupOrderCancelled(GroupOrderEvent):
    """It was called off before it was ordered; what was paid is to be refunded (G11)."""


class GroupOrderFailed(GroupOrderEvent):
    """It was given up after it was ordered."""


ENDINGS: dict[OrderState, type[GroupOrderEvent]] = {
    OrderState.CLOSED: GroupOrderClosed,
    OrderState.CANCELLED: GroupOrderCancelled,
    OrderState.FAILED: GroupOrderFailed,
}
