"""Claims and allocations, found and kept in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from apps.group_orders.application.round_ports import Allocations, Claims
from apps.group_orders.domain.allocation import Allocation, AllocationNotFound
from apps.group_orders.domain.claim import Claim, ClaimNotFound
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId
from apps.group_orders.domain.round_steps import EndReason
from apps.group_orders.domain.slot import Thing
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderSlotModel,
)
from apps.group_orders.infrastructure.rounds import is_of
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current

CLAIM, ALLOCATION, SLOT = OrderClaimModel, OrderAllocationModel, OrderSlotModel
UNSEEN = {"synchronize_session": False}


class SqlClaims(Claims):
    """One statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def get(self, id: ClaimId) -> Claim:
        """Read the row, whatever was read before."""
        for claim in await self._read(CLAIM.id == id):
            return claim
        raise ClaimNotFound

    async def live(
        self, round: OrderRoundId, *, of: MemberId | None = None, thing: Thing | None = None
    ) -> Sequence[Claim]:
        """Read them in the order of the server."""
        narrowed: list[Any] = [] if of is None else [CLAIM.member_id == of]
        narrowed += [] if thing is None else [is_of(CLAIM, thing)]
        return await self._read(CLAIM.round_id == round, CLAIM.ended_at.is_(None), *narrowed)

    async def next_sequence(self, round: OrderRoundId) -> int:
        """Read the end of the index."""
        last = select(func.max(CLAIM.sequence)).where(CLAIM.round_id == round)
        return (await self._current.session.scalar(last) or 0) + 1

    async def add(self, claim: Claim) -> None:
        """Insert it."""
        row = {
            "id": claim.id,
            "round_id": claim.round,
            "member_id": claim.member,
            "sequence": claim.sequence,
            "card_id": claim.thing.card_id,
            "item": claim.thing.item,
            "rank": claim.rank,
            "submitted_at": claim.submitted_at,
        }
        await self._current.session.execute(insert(CLAIM).values(row | changing(claim)))

    async def save(self, claims: Collection[Claim]) -> None:
        """Update them all by one statement."""
        if claims:
            table = CLAIM.__table__
            connection = await self._current.session.connection()
            await connection.execute(
                update(CLAIM.__table__).where(table.c.id == bindparam("its_id")),  # type: ignore[arg-type]
                [{"its_id": claim.id} | changing(claim) for claim in claims],
            )

    async def _read(self, *where: Any) -> list[Claim]:
        rows = await self._current.session.execute(
            select(*CLAIM.__table__.columns).where(*where).order_by(CLAIM.sequence)
        )
        return [
            Claim(
                id=row.id,
                round=row.round_id,
                member=row.member_id,
                sequence=row.sequence,
                thing=Thing(row.card_id, row.item),
                quantity=row.quantity,
                rank=row.rank,
                granted=row.granted,
                state=row.state,
                submitted_at=row.submitted_at,
                ended_at=row.ended_at,
            )
            for row in rows
        ]


def changing(claim: Claim) -> dict[str, Any]:
    """Return what changes of a claim."""
    return {
        "quantity": claim.quantity,
        "granted": claim.granted,
        "state": claim.state,
        "ended_at": claim.ended_at,
    }


class SqlAllocations(Allocations):
    """One statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def get(self, id: AllocationId) -> Allocation:
        """Read the row with what its slot is of."""
        for allocation in await self._read(ALLOCATION.id == id):
            return allocation
        raise AllocationNotFound

    async def live(
        self, round: OrderRoundId, *, claim: ClaimId | None = None
    ) -> Sequence[Allocation]:
        """Read a range of an index."""
        narrowed = [] if claim is None else [ALLOCATION.claim_id == claim]
        return await self._read(
            ALLOCATION.round_id == round, ALLOCATION.ended_at.is_(None), *narrowed
        )

    async def add(self, allocations: Sequence[Allocation]) -> None:
        """Insert all at once; the index of live ones refuses a second one of a slot."""
        rows = [
            {
                "id": each.id,
                "slot_id": each.slot,
                "round_id": each.round,
                "group_order_id": each.order,
                "claim_id": each.claim,
                "member_id": each.member,
                "copy_id": each.copy_id,
                "unit_price": each.unit_price,
                "allocated_at": each.allocated_at,
            }
            for each in allocations
        ]
        await self._current.session.execute(insert(ALLOCATION), rows)

    async def end(
        self, allocations: Collection[Allocation], reason: EndReason, *, at: datetime
    ) -> None:
        """Stamp those that live."""
        await self._current.session.execute(
            update(ALLOCATION)
            .where(
                ALLOCATION.id.in_([each.id for each in allocations]),
                ALLOCATION.ended_at.is_(None),
            )
            .values(ended_at=at, end_reason=reason),
            execution_options=UNSEEN,
        )

    async def offer(self, id: AllocationId, *, to: MemberId, at: datetime) -> None:
        """Write both down."""
        await self._current.session.execute(
            update(ALLOCATION).where(ALLOCATION.id == id).values(offered_to=to, offered_at=at),
            execution_options=UNSEEN,
        )

    async def withdraw_offer(self, id: AllocationId) -> None:
        """Wipe both."""
        await self._current.session.execute(
            update(ALLOCATION).where(ALLOCATION.id == id).values(offered_to=None, offered_at=None),
            execution_options=UNSEEN,
        )

    async def _read(self, *where: Any) -> list[Allocation]:
        columns = (SLOT.card_id, SLOT.item, *ALLOCATION.__table__.columns)
        rows = await self._current.session.execute(
            select(*columns)
            .join(SLOT, SLOT.id == ALLOCATION.slot_id)
            .where(*where)
            .order_by(ALLOCATION.id)
        )
        return [
            Allocation(
                id=row.id,
                slot=row.slot_id,
                round=row.round_id,
                order=row.group_order_id,
                claim=row.claim_id,
                member=row.member_id,
                thing=Thing(row.card_id, row.item),
                copy_id=row.copy_id,
                unit_price=row.unit_price,
                **{name: getattr(row, name) for name in STAMPS},
            )
            for row in rows
        ]


STAMPS = (
    *("allocated_at", "offered_to", "shipped_at", "delivered_at", "confirmed_at"),
    *("disputed_at", "ended_at", "end_reason"),
)
