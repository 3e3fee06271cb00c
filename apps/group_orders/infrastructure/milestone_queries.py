"""Questions about milestones: those of an order in one SELECT, their moves in another."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from apps.group_orders.application.show_milestones import (
    ListMilestones,
    MilestoneView,
    MoveView,
    ShowMilestone,
)
from apps.group_orders.domain.milestone import (
    MilestoneId,
    MilestoneNotFound,
)
from apps.group_orders.domain.milestone_steps import (
    KINDS,
    milestone_actions,
    state_of,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import OrderState, Part
from apps.group_orders.infrastructure.milestone_models import (
    MilestoneMoveModel,
    OrderMilestoneModel,
)
from apps.group_orders.infrastructure.order_queries import OrderReads
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

ROW, MOVE = OrderMilestoneModel, MilestoneMoveModel
SAME = (
    *("id", "group_order_id", "kind", "planned_on", "due_at", "done_at", "note", "proof_url"),
    "created_at",
)
"""What a view and its row call alike."""
COLUMNS = select(*(getattr(ROW, name) for name in (*SAME, "skipped_at")))
ALL = Question(COLUMNS.where(ROW.group_order_id == bindparam("order")))
ONE = Question(COLUMNS.where(ROW.id == bindparam("id")))
MOVES = Question(
    select(MOVE.milestone_id, MOVE.was_on, MOVE.planned_on, MOVE.reason, MOVE.moved_at)
    .where(MOVE.milestone_id.in_(bindparam("milestones", expanding=True)))
    .order_by(MOVE.moved_at, MOVE.id)
)


class MilestoneReads:
    """What both questions share."""

    def __init__(self, reads: Reads, orders: OrderReads, clock: Clock) -> None:
        self._reads = reads
        self._orders = orders
        self._clock = clock

    async def one(self, id: MilestoneId, *, to: MemberId) -> MilestoneView:
        """Raise MilestoneNotFound, and GroupOrderNotFound, which nobody can tell from it."""
        rows = await self._reads(ONE, id=id)
        if not rows:
            raise MilestoneNotFound
        order, part = await self._orders.one(rows[0].group_order_id, to=to)
        (view,) = await self._views(rows, order.state, part)
        return view

    async def all(self, order: GroupOrderId, *, to: MemberId) -> Sequence[MilestoneView]:
        """Raise GroupOrderNotFound."""
        row, part = await self._orders.one(order, to=to)
        rows = await self._reads(ALL, order=order)
        return await self._views(rows, row.state, part)

    async def _views(
        self, rows: Sequence[Any], state: OrderState, part: Part
    ) -> list[MilestoneView]:
        moves = defaultdict(list)
        for move in await self._reads(MOVES, milestones=[row.id for row in rows]) if rows else ():
            moves[move.milestone_id].append(
                MoveView(
                    was_on=move.was_on,
                    planned_on=move.planned_on,
                    reason=move.reason,
                    moved_at=move.moved_at,
                )
            )
        now = self._clock.now()
        return [
            MilestoneView(
                **{name: getattr(row, name) for name in SAME},
                state=state_of(
                    due_at=row.due_at, done_at=row.done_at, skipped_at=row.skipped_at, at=now
                ),
                moves=moves[row.id],
                allowed_actions=milestone_actions(
                    row.kind,
                    ahead=row.done_at is None and row.skipped_at is None,
                    state=state,
                    part=part,
                ),
            )
            for row in sorted(rows, key=lambda row: KINDS.index(row.kind))
        ]


class SqlShowMilestone(ShowMilestone):
    """One row of the key."""

    def __init__(self, milestones: MilestoneReads) -> None:
        self._milestones = milestones

    async def __call__(self, id: MilestoneId, *, to: MemberId) -> MilestoneView:
        """Show it to whom its order is not hidden from."""
        return await self._milestones.one(id, to=to)


class SqlListMilestones(ListMilestones):
    """A range of the index of kinds."""

    def __init__(self, milestones: MilestoneReads) -> None:
        self._milestones = milestones

    async def __call__(self, order: GroupOrderId, *, to: MemberId) -> Sequence[MilestoneView]:
        """List them likewise."""
        return await self._milestones.all(order, to=to)
