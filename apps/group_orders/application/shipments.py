"""How what has arrived gets to each joiner; told with a milestone (G9, G10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.group_orders.domain.milestone_steps import (
    MilestoneKind,
)
from apps.group_orders.domain.order import GroupOrder
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.terms import Way
from apps.shared.domain.errors import DomainError, DuplicateIds, NotFound
from apps.shared.domain.ids import MemberId


class ShipmentsUnfit(DomainError):
    """Only `domestic_shipped` says how things were sent."""


class ShipmentsMissing(DomainError):
    """In a group order that is handed out by mail only, say for each joiner how it was sent."""


class NothingForThem(NotFound):
    """There is nothing in this group order for that member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """How one joiner's part was sent."""

    member_id: MemberId
    carrier: str
    tracking_number: str | None


Shipments = Sequence[Shipment]


class Waiting(Protocol):
    """What joiners wait for; used inside a unit of work, behind the lock of the order."""

    async def members(self, order: GroupOrderId) -> set[MemberId]:
        """Return who waits for something."""
        ...

    async def unanswered(self, order: GroupOrderId) -> bool:
        """Tell whether a payment was reported that nobody has confirmed or disputed."""
        ...

    async def ship(self, order: GroupOrderId, shipments: Shipments, *, at: datetime) -> None:
        """Note that everything anybody waits for was sent or is handed out, and how."""
        ...

    async def deliver(self, order: GroupOrderId, *, at: datetime) -> None:
        """Note that all of it has come to where it was sent."""
        ...


@dataclass(frozen=True, slots=True)
class Shipping:
    """What a milestone means to what joiners wait for; used inside a unit of work."""

    waiting: Waiting

    async def __call__(
        self, order: GroupOrder, kind: MilestoneKind, shipments: Shipments, *, at: datetime
    ) -> None:
        """Raise ShipmentsUnfit, ShipmentsMissing, DuplicateIds, or NothingForThem with places."""
        if kind is MilestoneKind.DELIVERED:
            await self.waiting.deliver(order.id, at=at)
        if kind is not MilestoneKind.DOMESTIC_SHIPPED:
            if shipments:
                raise ShipmentsUnfit
            return
        members = await self.waiting.members(order.id)
        told = [shipment.member_id for shipment in shipments]
        if len(set(told)) < len(told):
            raise DuplicateIds
        faults = [
            {"pointer": f"/shipments/{place}/member_id", "code": "not-found", "detail": "Nothing."}
            for place, member in enumerate(told)
            if member not in members
        ]
        if faults:
            raise NothingForThem(errors=faults)
        if order.ways == (Way.MAIL,) and members - set(told):
            raise ShipmentsMissing
        await self.waiting.ship(order.id, shipments, at=at)
