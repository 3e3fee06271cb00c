"""Order rounds and their slots, found and kept in SQL."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import and_, exists, func, insert, or_, select, update

from apps.catalogue.contract import CardMerged
from apps.group_orders.application.follow_orders import FollowMergedThings
from apps.group_orders.application.round_ports import Offers, Seeds, Slots
from apps.group_orders.domain.draw import SEED_BYTES
from apps.group_orders.domain.exposure import InHand
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import (
    OrderRound,
    OrderRoundNotFound,
    OrderRoundRepository,
)
from apps.group_orders.domain.order_steps import LIVE
from apps.group_orders.domain.round_events import OrderRoundId
from apps.group_orders.domain.round_steps import EndReason, OrderRoundState
from apps.group_orders.domain.slot import Slot, Thing
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.group_orders.infrastructure.money_models import OrderDueModel
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderRoundModel,
    OrderSlotModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.repository import SqlRepository

ORDER, ROUND, SLOT = GroupOrderModel, OrderRoundModel, OrderSlotModel
DUE = OrderDueModel
CLAIM, ALLOCATION = OrderClaimModel, OrderAllocationModel
UNSEEN = {"synchronize_session": False}
TAKEN = exists().where(ALLOCATION.slot_id == SLOT.id, ALLOCATION.ended_at.is_(None))
MISSING = exists().where(ALLOCATION.slot_id == SLOT.id, ALLOCATION.end_reason == EndReason.REFUTED)
"""A moderator has found that what the slot is of did not come."""
OVER = (OrderRoundState.SETTLED, OrderRoundState.CANCELLED)


class SqlOrderRoundRepository(SqlRepository[OrderRound, OrderRoundId], OrderRoundRepository):
    """Rounds, locked behind their order."""

    row = OrderRoundModel
    missing = OrderRoundNotFound

    async def lock(self, id: OrderRoundId) -> OrderRound:
        """Lock the row."""
        return await self._locked(id)

    async def count(self, *, of: GroupOrderId) -> int:
        """Count by the index of numbers."""
        theirs = select(func.count()).where(ROUND.group_order_id == of)
        return await self._current.session.scalar(theirs) or 0

    async def has_open(self, order: GroupOrderId) -> bool:
        """Look for one."""
        taking = exists().where(ROUND.group_order_id == order, ROUND.state == OrderRoundState.OPEN)
        return bool(await self._current.session.scalar(select(taking)))

    async def unfinished(self, *, of: GroupOrderId) -> Sequence[OrderRound]:
        """Lock all of them at once, by number."""
        rows = await self._current.session.scalars(
            select(ROUND)
            .where(ROUND.group_order_id == of, ROUND.state.not_in(OVER))
            .order_by(ROUND.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return [self._read(row) for row in rows.all()]

    async def overdue(self, *, at: datetime, limit: int) -> Sequence[OrderRoundId]:
        """Read the beginning of the index of open rounds."""
        due = await self._current.session.scalars(
            select(ROUND.id)
            .where(ROUND.state == OrderRoundState.OPEN, ROUND.closes_at <= at)
            .order_by(ROUND.closes_at, ROUND.id)
            .limit(limit)
        )
        return due.all()


def is_of(model: type[OrderSlotModel] | type[OrderClaimModel], thing: Thing) -> Any:
    """Return the condition that a row is of this thing."""
    if thing.card_id is None:
        return model.item == thing.item
    return model.card_id == thing.card_id


class SqlSlots(Slots):
    """One statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def add(self, round: OrderRoundId, slots: Sequence[Slot]) -> None:
        """Insert all at once."""
        rows = [
            {
                "id": slot.id,
                "round_id": round,
                "number": slot.number,
                "card_id": slot.thing.card_id,
                "item": slot.thing.item,
                "unit_price": slot.unit_price,
                "set_number": slot.set_number,
            }
            for slot in slots
        ]
        await self._current.session.execute(insert(SLOT), rows)

    async def of(self, round: OrderRoundId) -> Sequence[Slot]:
        """Read a range of the index of numbers."""
        return await self._slots(SLOT.round_id == round)

    async def free(self, round: OrderRoundId, thing: Thing) -> Sequence[Slot]:
        """Read it likewise, without those of which an allocation lives, or there is nothing."""
        return await self._slots(SLOT.round_id == round, is_of(SLOT, thing), ~TAKEN, ~MISSING)

    async def has(self, round: OrderRoundId, thing: Thing) -> bool:
        """Look for one."""
        one = exists().where(SLOT.round_id == round, is_of(SLOT, thing))
        return bool(await self._current.session.scalar(select(one)))

    async def _slots(self, *where: Any) -> list[Slot]:
        columns = (SLOT.id, SLOT.number, SLOT.card_id, SLOT.item, SLOT.unit_price, SLOT.set_number)
        rows = await self._current.session.execute(
            select(*columns).where(*where).order_by(SLOT.number)
        )
        return [
            Slot(
                id=row.id,
                number=row.number,
                thing=Thing(row.card_id, row.item),
                unit_price=row.unit_price,
                set_number=row.set_number,
            )
            for row in rows
        ]


class SqlOffers(Offers):
    """Two sums for each order, in one statement."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def in_hand(self, *, of: MemberId) -> Sequence[InHand]:
        """Add up over the organiser's index."""
        offered = or_(
            ROUND.state.in_((OrderRoundState.OPEN, OrderRoundState.CLOSED)),
            and_(ROUND.state == OrderRoundState.ALLOCATED, TAKEN),
        )
        prices = (
            select(func.coalesce(func.sum(SLOT.unit_price), 0))
            .join(ROUND, ROUND.id == SLOT.round_id)
            .where(ROUND.group_order_id == ORDER.id, offered)
            .correlate(ORDER)
            .scalar_subquery()
        )
        dues = (
            select(func.coalesce(func.sum(DUE.amount), 0))
            .where(DUE.group_order_id == ORDER.id, DUE.reversed_at.is_(None))
            .correlate(ORDER)
            .scalar_subquery()
        )
        found = await self._current.session.execute(
            select(ORDER.id, ORDER.currency, prices, dues).where(
                ORDER.organiser_id == of, ORDER.state.in_(LIVE)
            )
        )
        return [
            InHand(order=order, currency=currency, offered=int(offered), charged=int(charged))
            for order, currency, offered, charged in found
        ]


class SystemSeeds(Seeds):
    """Drawn by the operating system."""

    def draw(self) -> str:
        """Ask it."""
        return token_hex(SEED_BYTES)


class SqlFollowMergedThings(FollowMergedThings):
    """Two statements."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def __call__(self, event: CardMerged) -> None:
        """Point slots and claims at the surviving card; what was fixed for a draw stays."""
        for model in (SLOT, CLAIM):
            await self._current.session.execute(
                update(model).where(model.card_id == event.card).values(card_id=event.into),
                execution_options=UNSEEN,
            )
