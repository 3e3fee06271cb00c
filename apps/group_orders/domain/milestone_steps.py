"""Which milestone is reached when, what that brings about, and what can be done with one (G9)."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from apps.group_orders.domain.order_steps import ENDED, OrderState, Part


class MilestoneKind(StrEnum):
    """What there is to reach, in this order; an order need not have all of them."""

    ORDERED = "ordered"
    SELLER_SHIPPED = "seller_shipped"
    AT_FORWARDER = "at_forwarder"
    SHIPPED_ABROAD = "shipped_abroad"
    ARRIVED = "arrived"
    SORTED = "sorted"
    DOMESTIC_SHIPPED = "domestic_shipped"
    DELIVERED = "delivered"


class MilestoneState(StrEnum):
    """How it stands; `skipped` is what a later milestone has made pointless."""

    PLANNED = "planned"
    OVERDUE = "overdue"
    DONE = "done"
    SKIPPED = "skipped"


class MilestoneAction(StrEnum):
    """What who runs the order can do with a milestone."""

    DONE = "done"
    MOVE = "move"


class Step(NamedTuple):
    """In which states of its order a milestone is reached, and which state that brings."""

    out_of: tuple[OrderState, ...]
    into: OrderState | None = None


ON_THE_WAY = (OrderState.ORDERED, OrderState.IN_TRANSIT)
STEPS: dict[MilestoneKind, Step] = {
    MilestoneKind.ORDERED: Step((OrderState.LOCKED,), OrderState.ORDERED),
    MilestoneKind.SELLER_SHIPPED: Step((OrderState.ORDERED,), OrderState.IN_TRANSIT),
    MilestoneKind.AT_FORWARDER: Step(ON_THE_WAY),
    MilestoneKind.SHIPPED_ABROAD: Step(ON_THE_WAY),
    MilestoneKind.ARRIVED: Step(ON_THE_WAY, OrderState.ARRIVED),
    MilestoneKind.SORTED: Step((OrderState.ARRIVED,)),
    MilestoneKind.DOMESTIC_SHIPPED: Step((OrderState.ARRIVED,), OrderState.DISTRIBUTING),
    MilestoneKind.DELIVERED: Step((OrderState.DISTRIBUTING,)),
}
KINDS = tuple(MilestoneKind)


def state_of(
    *,
    due_at: datetime,
    done_at: datetime | None,
    skipped_at: datetime | None,
    at: datetime,
) -> MilestoneState:
    """Return how a milestone stands at a moment."""
    if done_at is not None:
        return MilestoneState.DONE
    if skipped_at is not None:
        return MilestoneState.SKIPPED
    return MilestoneState.OVERDUE if due_at <= at else MilestoneState.PLANNED


def milestone_actions(
    kind: MilestoneKind, *, ahead: bool, state: OrderState, part: Part
) -> list[MilestoneAction]:
    """Return what somebody of this part can do with a milestone of an order in this state."""
    if not part.runs_it or not ahead or state in ENDED:
        return []
    can_do = [MilestoneAction.DONE] if state in STEPS[kind].out_of else []
    return [*can_do, MilestoneAction.MOVE]
