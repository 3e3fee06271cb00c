"""What is played with: an order with what was made in it, and what can be done there."""

from dataclasses import dataclass, field

from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentId, RefundId
from apps.group_orders.domain.round_events import AllocationId, OrderRoundId
from apps.shared.domain.ids import MemberId

MOVES = {
    "bill": 8,
    "report": 22,
    "report_for": 6,
    "withdraw": 3,
    "confirm": 24,
    "dispute": 5,
    "promise": 12,
    "refund": 10,
    "reverse": 8,
    "offer": 2,
    "accept": 2,
    "release": 1,
    "claim": 2,
}
"""What is done, and how often beside the others."""


@dataclass
class Table:
    """One order, and what has been made in it so far."""

    order: GroupOrderId
    round: OrderRoundId
    olga: MemberId
    payments: list[PaymentId] = field(default_factory=list)
    refunds: list[tuple[RefundId, MemberId]] = field(default_factory=list)
    offers: list[tuple[AllocationId, MemberId]] = field(default_factory=list)
