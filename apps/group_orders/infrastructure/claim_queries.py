"""Questions about claims and allocations, whose rows are private."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, or_, select

from apps.group_orders.application.show_orders import OrganiserView
from apps.group_orders.application.show_rounds import (
    AllocationView,
    ClaimView,
    DisputeView,
    ListAllocations,
    ListClaims,
    OfferedDueView,
    ShowAllocation,
    ShowClaim,
)
from apps.group_orders.domain.allocation import AllocationAction, AllocationNotFound
from apps.group_orders.domain.bill import DueKind, handed_on_until
from apps.group_orders.domain.claim import ClaimNotFound
from apps.group_orders.domain.delivery import (
    Decision,
    DeliveryState,
    DisputeKind,
    holder_actions,
    state_of,
)
from apps.group_orders.domain.order import GroupOrderNotFound
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_round import OrderRoundNotFound
from apps.group_orders.domain.order_steps import LIVE, Part
from apps.group_orders.domain.round_events import AllocationId, ClaimId, OrderRoundId
from apps.group_orders.infrastructure.money_models import OrderBillModel, OrderDueModel
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.group_orders.infrastructure.round_models import (
    OrderAllocationModel,
    OrderClaimModel,
    OrderSlotModel,
)
from apps.group_orders.infrastructure.round_queries import RoundReads
from apps.identity.contract import Directory
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

CLAIM, ALLOCATION, SLOT = OrderClaimModel, OrderAllocationModel, OrderSlotModel
BILL, DUE = OrderBillModel, OrderDueModel
ME: BindParameter[Any] = bindparam("me")

CLAIM_ROW = select(*CLAIM.__table__.columns)
ONE_CLAIM = Question(CLAIM_ROW.where(CLAIM.id == bindparam("id")))
SOME_CLAIMS = (
    CLAIM_ROW.where(CLAIM.round_id == bindparam("round"), CLAIM.id > bindparam("behind"))
    .order_by(CLAIM.id)
    .limit(bindparam("limit"))
)
ALL_CLAIMS, MY_CLAIMS = Question(SOME_CLAIMS), Question(SOME_CLAIMS.where(CLAIM.member_id == ME))

ALLOCATED = select(
    *(SLOT.number.label("slot"), SLOT.card_id, SLOT.item),
    *ALLOCATION.__table__.columns,
).join(SLOT, SLOT.id == ALLOCATION.slot_id)
ONE_ALLOCATION = Question(ALLOCATED.where(ALLOCATION.id == bindparam("id")))
SOME_ALLOCATIONS = (
    ALLOCATED.where(
        ALLOCATION.group_order_id == bindparam("order"), ALLOCATION.id > bindparam("behind")
    )
    .order_by(ALLOCATION.id)
    .limit(bindparam("limit"))
)
MINE = or_(
    ALLOCATION.member_id == ME,
    and_(ALLOCATION.offered_to == ME, ALLOCATION.ended_at.is_(None)),
)
OFFERED = Question(
    select(DUE.allocation_id, DUE.kind, DUE.amount, DUE.due_at, BILL.due_at.label("billed"))
    .join(ALLOCATION, ALLOCATION.id == DUE.allocation_id)
    .join(BILL, BILL.id == DUE.bill_id)
    .where(
        ALLOCATION.group_order_id == bindparam("order"),
        ALLOCATION.offered_to.is_not(None),
        ALLOCATION.ended_at.is_(None),
        DUE.reversed_at.is_(None),
        DUE.kind != DueKind.LATE_FEE,
    )
    .order_by(DUE.due_at, DUE.id)
)
"""The dues that would be handed on."""
ALL_ALLOCATIONS = Question(SOME_ALLOCATIONS)
MY_ALLOCATIONS = Question(SOME_ALLOCATIONS.where(MINE))
OF_CLAIM = (
    *("id", "round_id", "sequence", "card_id", "item", "quantity", "rank", "granted", "state"),
    *("submitted_at", "ended_at"),
)
OF_ALLOCATION = (
    *("id", "group_order_id", "round_id", "claim_id", "slot", "card_id", "item", "unit_price"),
    *("copy_id", "allocated_at", "shipped_at", "carrier", "tracking_number"),
    *("delivered_at", "confirmed_at", "disputed_at", "ended_at", "end_reason"),
)
"""What views and their rows call alike."""


class ClaimReads:
    """What questions about claims and allocations share."""

    def __init__(
        self,
        reads: Reads,
        rounds: RoundReads,
        orders: OrderReads,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self.reads = reads
        self.rounds = rounds
        self.orders = orders
        self._directory = directory
        self._clock = clock

    async def people(
        self, ids: set[MemberId | None], *, to: MemberId
    ) -> dict[MemberId | None, OrganiserView]:
        """Name these members, as far as they can be named to somebody, in one question."""
        members = {id for id in ids if id is not None}
        known = await self._directory.members(members, to=to) if members else {}
        return {
            id: OrganiserView(id=id, nickname=known[id].nickname if id in known else None)
            for id in members
        }

    async def claims(self, rows: Sequence[Any], *, to: MemberId) -> list[ClaimView]:
        """Show rows."""
        people = await self.people({row.member_id for row in rows}, to=to)
        return [
            ClaimView(
                member=people[row.member_id], **{name: getattr(row, name) for name in OF_CLAIM}
            )
            for row in rows
        ]

    async def allocations(
        self, rows: Sequence[Any], order: Any, part: Part, *, to: MemberId
    ) -> list[AllocationView]:
        """Show rows."""
        people = await self.people(
            {id for row in rows for id in (row.member_id, row.offered_to)}, to=to
        )
        dues = await self._offered(rows)
        return [
            AllocationView(
                **{name: getattr(row, name) for name in OF_ALLOCATION},
                currency=order.currency,
                member=people[row.member_id],
                offered_to=people.get(row.offered_to),
                offered_at=row.offered_at,
                offered_dues=dues.get(row.id, []),
                dispute=dispute_in(row) if part.sees_all or row.member_id == to else None,
                allowed_actions=[
                    *actions(row, order, part, to),
                    *answers(row, order, part, to, at=self._clock.now()),
                ],
            )
            for row in rows
        ]

    async def _offered(self, rows: Sequence[Any]) -> dict[AllocationId, list[OfferedDueView]]:
        """Return what comes with those of these, all of one order, that are offered."""
        offered = [row for row in rows if row.offered_to is not None and row.ended_at is None]
        dues = defaultdict[AllocationId, list[OfferedDueView]](list)
        now = self._clock.now()
        for due in await self.reads(OFFERED, order=offered[0].group_order_id) if offered else ():
            until = handed_on_until(due.due_at, billed=due.billed, at=now)
            view = OfferedDueView(kind=due.kind, amount=due.amount, due_at=until)
            dues[due.allocation_id].append(view)
        return dues


def actions(row: Any, order: Any, part: Part, me: MemberId) -> list[AllocationAction]:
    """Return what this member can do with an allocation."""
    settled = (row.ended_at, row.shipped_at, row.delivered_at, row.confirmed_at, row.disputed_at)
    if any(settled) or order.state not in LIVE:
        return []
    can = {
        AllocationAction.TRANSFER: row.member_id == me,
        AllocationAction.WITHDRAW_TRANSFER: row.member_id == me and row.offered_to is not None,
        AllocationAction.ACCEPT: row.offered_to == me,
        AllocationAction.RELEASE: part.runs_it,
    }
    return [action for action, may in can.items() if may]


def answers(
    row: Any, order: Any, part: Part, me: MemberId, *, at: datetime
) -> list[AllocationAction]:
    """Return what this member can do about what an allocation has come to."""
    state = state_of(row)
    if row.member_id == me:
        stalled = order.stalled_at is not None
        return holder_actions(state, delivered_at=row.delivered_at, stalled=stalled, at=at)
    decides = part is Part.STAFF and order.joined_at is None
    return [AllocationAction.DECIDE] if decides and state is DeliveryState.DISPUTED else []


def dispute_in(row: Any) -> DisputeView | None:
    """Return what is disputed about an allocation, if anything is."""
    return row.dispute_kind and DisputeView(
        kind=DisputeKind(row.dispute_kind),
        text=row.dispute_text,
        decision=row.decision and Decision(row.decision),
        decision_reason=row.decision_reason,
        decided_at=row.decided_at,
    )


class SqlShowClaim(ShowClaim):
    """Its row, and that of its order."""

    def __init__(self, claims: ClaimReads) -> None:
        self._claims = claims

    async def __call__(self, id: ClaimId, *, to: MemberId) -> ClaimView:
        """Show it to whose it is, and to who sees all of them."""
        for row in await self._claims.reads(ONE_CLAIM, id=id):
            if row.member_id != to and not await self._sees_all(row.round_id, to):
                break
            return (await self._claims.claims([row], to=to))[0]
        raise ClaimNotFound

    async def _sees_all(self, round: OrderRoundId, member: MemberId) -> bool:
        try:
            _, part = await self._claims.rounds.home(round, to=member)
        except OrderRoundNotFound:
            return False
        return part.sees_all


class SqlListClaims(ListClaims):
    """The row of the order, and a range of claims."""

    def __init__(self, claims: ClaimReads) -> None:
        self._claims = claims

    async def __call__(
        self, round: OrderRoundId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[ClaimView]:
        """Read all of it, or what is theirs."""
        _, part = await self._claims.rounds.home(round, to=to)
        whose, me = (ALL_CLAIMS, {}) if part.sees_all else (MY_CLAIMS, {"me": to})
        page = await self._claims.reads.oldest_first(
            whose, round=round, after=after, limit=limit, **me
        )
        return Page(await self._claims.claims(page.items, to=to), page.next)


class SqlShowAllocation(ShowAllocation):
    """Its row, and that of its order."""

    def __init__(self, claims: ClaimReads) -> None:
        self._claims = claims

    async def __call__(self, id: AllocationId, *, to: MemberId) -> AllocationView:
        """Show it to whose it is or might be, and to who sees all of them."""
        for row in await self._claims.reads(ONE_ALLOCATION, id=id):
            try:
                order, part = await self._claims.orders.one(row.group_order_id, to=to)
            except GroupOrderNotFound:
                break
            if part.sees_all or to in {row.member_id, row.offered_to}:
                return (await self._claims.allocations([row], order, part, to=to))[0]
        raise AllocationNotFound


class SqlListAllocations(ListAllocations):
    """The row of the order, and a range of the index of its allocations."""

    def __init__(self, claims: ClaimReads) -> None:
        self._claims = claims

    async def __call__(
        self, order: GroupOrderId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[AllocationView]:
        """Read all of it, or what is theirs."""
        home, part = await self._claims.orders.one(order, to=to)
        whose, me = (ALL_ALLOCATIONS, {}) if part.sees_all else (MY_ALLOCATIONS, {"me": to})
        page = await self._claims.reads.oldest_first(
            whose, order=order, after=after, limit=limit, **me
        )
        return Page(await self._claims.allocations(page.items, home, part, to=to), page.next)
