"""What joiners wait for, in SQL: the live allocations of an order that nobody has confirmed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select, update

from apps.group_orders.application.hand_out import Receipts
from apps.group_orders.application.shipments import Shipments, Waiting
from apps.group_orders.domain.delivery import (
    ANSWERED_WITHIN,
    ARRIVES_WITHIN,
    Decision,
    DisputeKind,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.payment import PaymentState
from apps.group_orders.domain.round_events import AllocationId, OrderRoundId
from apps.group_orders.infrastructure.money_models import OrderPaymentModel
from apps.group_orders.infrastructure.round_models import SENT, OrderAllocationModel
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

ROW, PAYMENT = OrderAllocationModel, OrderPaymentModel
UNSEEN = {"synchronize_session": False}
OPEN = and_(ROW.ended_at.is_(None), ROW.confirmed_at.is_(None))


class SqlWaiting(Waiting):
    """Ranges of the index of an order, one statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def members(self, order: GroupOrderId) -> set[MemberId]:
        """Read them."""
        waiting = select(ROW.member_id).where(ROW.group_order_id == order, OPEN).distinct()
        return set(await self._current.session.scalars(waiting))

    async def unanswered(self, order: GroupOrderId) -> bool:
        """Look in the index of payments."""
        reported = exists().where(
            PAYMENT.group_order_id == order, PAYMENT.state == PaymentState.REPORTED
        )
        return bool(await self._current.session.scalar(select(reported)))

    async def ship(self, order: GroupOrderId, shipments: Shipments, *, at: datetime) -> None:
        """Stamp all of them, and add what each parcel is known by."""
        await self._change(order, {"shipped_at": at})
        if shipments:
            connection = await self._current.session.connection()
            await connection.execute(
                update(ROW)
                .where(ROW.group_order_id == order, OPEN, ROW.member_id == bindparam("receiver"))
                .values(carrier=bindparam("its_carrier"), tracking_number=bindparam("its_number")),
                [
                    {
                        "receiver": shipment.member_id,
                        "its_carrier": shipment.carrier,
                        "its_number": shipment.tracking_number,
                    }
                    for shipment in shipments
                ],
            )

    async def deliver(self, order: GroupOrderId, *, at: datetime) -> None:
        """Stamp them likewise."""
        await self._change(order, {"delivered_at": at})

    async def _change(self, order: GroupOrderId, values: Mapping[str, Any], *where: Any) -> None:
        theirs = update(ROW).where(ROW.group_order_id == order, OPEN, *where).values(values)
        await self._current.session.execute(theirs, execution_options=UNSEEN)


class SqlReceipts(Receipts):
    """One statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def confirm(self, allocations: Collection[AllocationId], *, at: datetime) -> None:
        """Stamp them, once."""
        await self._change({"confirmed_at": at}, ROW.id.in_(allocations))

    async def dispute(
        self, id: AllocationId, *, kind: DisputeKind, text: str, at: datetime
    ) -> None:
        """Write it down."""
        told = {"disputed_at": at, "dispute_kind": kind, "dispute_text": text}
        await self._change(told, ROW.id == id)

    async def decide(
        self, id: AllocationId, *, decision: Decision, reason: str, by: MemberId, at: datetime
    ) -> None:
        """Write it down likewise."""
        told = {"decided_at": at, "decided_by": by, "decision": decision}
        await self._change(told | {"decision_reason": reason}, ROW.id == id)

    async def silent(
        self, order: GroupOrderId, *, at: datetime
    ) -> Mapping[OrderRoundId, Collection[AllocationId]]:
        """Read a range of the index of an order."""
        found = await self._current.session.execute(
            select(ROW.round_id, ROW.id)
            .where(ROW.group_order_id == order, silent_at(at))
            .order_by(ROW.id)
        )
        rounds: dict[OrderRoundId, set[AllocationId]] = {}
        for row in found:
            rounds.setdefault(row.round_id, set()).add(row.id)
        return rounds

    async def silent_orders(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        """Read the beginning of the index of what was sent and is open."""
        found = await self._current.session.scalars(
            select(ROW.group_order_id)
            .where(silent_at(at))
            .group_by(ROW.group_order_id)
            .order_by(ROW.group_order_id)
            .limit(limit)
        )
        return found.all()

    async def _change(self, values: Mapping[str, Any], *where: Any) -> None:
        theirs = update(ROW).where(OPEN, *where).values(values)
        await self._current.session.execute(theirs, execution_options=UNSEEN)


def silent_at(at: datetime) -> Any:
    """Return what is true of what was sent long enough ago, and nobody has said a word about."""
    return and_(
        SENT,
        ROW.disputed_at.is_(None),
        or_(
            ROW.delivered_at <= at - ANSWERED_WITHIN,
            and_(ROW.delivered_at.is_(None), ROW.shipped_at <= at - ARRIVES_WITHIN),
        ),
    )
