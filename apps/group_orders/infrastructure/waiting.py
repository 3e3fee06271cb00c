"""What joiners wait for, in SQL: the live allocations of an order that nobody has confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update

from apps.group_orders.application.shipments import Shipments, Waiting
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.infrastructure.round_models import OrderAllocationModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

ROW = OrderAllocationModel
UNSEEN = {"synchronize_session": False}
OPEN = and_(ROW.ended_at.is_(None), ROW.confirmed_at.is_(None))


class SqlWaiting(Waiting):
    """Ranges of the index of an order; one statement for each joiner who gets a parcel."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def members(self, order: GroupOrderId) -> set[MemberId]:
        """Read them."""
        waiting = select(ROW.member_id).where(ROW.group_order_id == order, OPEN).distinct()
        return set(await self._current.session.scalars(waiting))

    async def ship(self, order: GroupOrderId, shipments: Shipments, *, at: datetime) -> None:
        """Stamp all of them, and add what each parcel is known by."""
        await self._change(order, {"shipped_at": at})
        for shipment in shipments:
            known = {"carrier": shipment.carrier, "tracking_number": shipment.tracking_number}
            await self._change(order, known, ROW.member_id == shipment.member_id)

    async def deliver(self, order: GroupOrderId, *, at: datetime) -> None:
        """Stamp them likewise."""
        await self._change(order, {"delivered_at": at})

    async def _change(self, order: GroupOrderId, values: Mapping[str, Any], *where: Any) -> None:
        theirs = update(ROW).where(ROW.group_order_id == order, OPEN, *where).values(values)
        await self._current.session.execute(theirs, execution_options=UNSEEN)
