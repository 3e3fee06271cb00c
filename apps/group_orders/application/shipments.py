"""How what has arrived gets to each joiner; told with a milestone (G9, G10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.milestone import MilestoneKind
from apps.group_orders.domain.order import GroupOrder
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId


class ShipmentsUnfit(DomainError):
    """Only `domestic_shipped` says how things were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """How one joiner's part was sent."""

    member_id: MemberId
    carrier: str
    tracking_number: str | None


Shipments = Sequence[Shipment]


class Shipping(Protocol):
    """What a milestone means to what joiners wait for; used behind the lock of the order."""

    async def __call__(
        self, order: GroupOrder, kind: MilestoneKind, shipments: Shipments, *, at: datetime
    ) -> None:
        """Note how everything was sent, or that it was delivered; raise ShipmentsUnfit."""
        ...
