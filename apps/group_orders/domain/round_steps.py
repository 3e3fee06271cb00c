"""Every step of an order round from one state to another, and what can be done in each (G2)."""

from enum import StrEnum

from apps.group_orders.domain.order_steps import OrderState, Part


class OrderRoundState(StrEnum):
    """How far an order round has come."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    ALLOCATED = "allocated"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class OrderRoundAction(StrEnum):
    """What who runs the order can do with one of its rounds."""

    OPEN = "open"
    CLOSE = "close"
    ALLOCATE = "allocate"
    CANCEL = "cancel"


class ClaimState(StrEnum):
    """What has become of a claim; `waitlisted` ones take slots that come free."""

    SUBMITTED = "submitted"
    ALLOCATED = "allocated"
    WAITLISTED = "waitlisted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class EndReason(StrEnum):
    """Why somebody does not get what was allocated to them."""

    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    RECLAIMED = "reclaimed"
    RELEASED = "released"
    CANCELLED = "cancelled"
    REFUTED = "refuted"


ARROWS = frozenset(
    {
        (OrderRoundState.PLANNED, OrderRoundState.OPEN),
        (OrderRoundState.OPEN, OrderRoundState.CLOSED),
        (OrderRoundState.CLOSED, OrderRoundState.ALLOCATED),
        (OrderRoundState.ALLOCATED, OrderRoundState.SETTLED),
        (OrderRoundState.PLANNED, OrderRoundState.CANCELLED),
        (OrderRoundState.OPEN, OrderRoundState.CANCELLED),
        (OrderRoundState.CLOSED, OrderRoundState.CANCELLED),
        (OrderRoundState.ALLOCATED, OrderRoundState.CANCELLED),
    }
)
"""Every step there is; docs/group-orders.md shows them."""

BEFORE_ORDERED = (OrderState.OPEN, OrderState.LOCKED)
"""States of an order in which what its rounds come to is still to be decided."""


def allowed_actions(
    state: OrderRoundState, order: OrderState, part: Part
) -> list[OrderRoundAction]:
    """Return what somebody of this part can do with a round in this state of such an order."""
    if not part.runs_it:
        return []
    can = {
        OrderRoundAction.OPEN: state is OrderRoundState.PLANNED and order is OrderState.OPEN,
        OrderRoundAction.CLOSE: state is OrderRoundState.OPEN,
        OrderRoundAction.ALLOCATE: state is OrderRoundState.CLOSED and order in BEFORE_ORDERED,
        OrderRoundAction.CANCEL: (state, OrderRoundState.CANCELLED) in ARROWS
        and order in {OrderState.DRAFT, *BEFORE_ORDERED},
    }
    return [action for action, may in can.items() if may]
