"""Every step of a group order from one state to another, and what each part of it may do (G1)."""

from enum import StrEnum


class OrderState(StrEnum):
    """How far a group order has come."""

    DRAFT = "draft"
    OPEN = "open"
    LOCKED = "locked"
    ORDERED = "ordered"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    DISTRIBUTING = "distributing"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Part(StrEnum):
    """What a member is to a group order."""

    ORGANISER = "organiser"
    CO_ORGANISER = "co_organiser"
    STAFF = "staff"
    JOINER = "joiner"
    STRANGER = "stranger"

    @property
    def runs_it(self) -> bool:
        """Whether it is theirs to run."""
        return self in {Part.ORGANISER, Part.CO_ORGANISER}

    @property
    def sees_all(self) -> bool:
        """Whether they see what belongs to each joiner."""
        return self.runs_it or self is Part.STAFF


class OrderAction(StrEnum):
    """What the organiser can do with a group order."""

    CHANGE = "change"
    OPEN = "open"
    LOCK = "lock"
    CANCEL = "cancel"
    CLOSE = "close"


BEFORE_ORDERED = (OrderState.DRAFT, OrderState.OPEN, OrderState.LOCKED)
UNDER_WAY = (
    OrderState.ORDERED,
    OrderState.IN_TRANSIT,
    OrderState.ARRIVED,
    OrderState.DISTRIBUTING,
)
LIVE = (OrderState.OPEN, OrderState.LOCKED, *UNDER_WAY)
"""In which somebody may have claimed, owe or wait for something."""
ENDED = (OrderState.CLOSED, OrderState.CANCELLED, OrderState.FAILED)

ARROWS = frozenset(
    {
        (OrderState.DRAFT, OrderState.OPEN),
        (OrderState.OPEN, OrderState.LOCKED),
        (OrderState.LOCKED, OrderState.ORDERED),
        (OrderState.ORDERED, OrderState.IN_TRANSIT),
        (OrderState.ORDERED, OrderState.ARRIVED),
        (OrderState.IN_TRANSIT, OrderState.ARRIVED),
        (OrderState.ARRIVED, OrderState.DISTRIBUTING),
        (OrderState.DISTRIBUTING, OrderState.CLOSED),
        *((before, OrderState.CANCELLED) for before in BEFORE_ORDERED),
        *((after, OrderState.FAILED) for after in UNDER_WAY),
    }
)
"""Every step there is; docs/group-orders.md shows them."""


def allowed_actions(state: OrderState, part: Part) -> list[OrderAction]:
    """Return what somebody of this part can do with an order in this state."""
    if part is Part.STAFF and state in LIVE:
        return [OrderAction.CANCEL]  # or one would lie there for ever whose organisers have gone
    if not part.runs_it:
        return []
    can = {
        OrderAction.CHANGE: state not in ENDED,
        OrderAction.OPEN: (state, OrderState.OPEN) in ARROWS,
        OrderAction.LOCK: (state, OrderState.LOCKED) in ARROWS,
        OrderAction.CANCEL: state not in ENDED,
        OrderAction.CLOSE: (state, OrderState.CLOSED) in ARROWS,
    }
    return [action for action, may in can.items() if may]
