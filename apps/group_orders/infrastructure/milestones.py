"""Milestones, found and kept in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, insert, select
from sqlalchemy.orm import aliased

from apps.group_orders.domain.milestone import (
    SILENT_FOR,
    STALLED_BY,
    Milestone,
    MilestoneId,
    MilestoneNotFound,
    MilestoneRepository,
    Move,
)
from apps.group_orders.domain.milestone_steps import (
    KINDS,
)
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE
from apps.group_orders.infrastructure.milestone_models import (
    MilestoneMoveModel,
    OrderMilestoneModel,
)
from apps.group_orders.infrastructure.models import GroupOrderModel
from apps.shared.domain.ids import Ids
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.repository import SqlRepository

ORDER, ROW, MOVE = GroupOrderModel, OrderMilestoneModel, MilestoneMoveModel
OTHER = aliased(OrderMilestoneModel)
AHEAD = and_(ROW.done_at.is_(None), ROW.skipped_at.is_(None))
LAST_MOVE = select(func.max(MOVE.moved_at)).join(ROW, ROW.id == MOVE.milestone_id)
LAST_DONE = select(func.max(ROW.done_at))


class SqlMilestoneRepository(SqlRepository[Milestone, MilestoneId], MilestoneRepository):
    """Few for each order, so all of one are read at once."""

    row = OrderMilestoneModel
    missing = MilestoneNotFound

    def __init__(self, current: Current, ids: Ids) -> None:
        super().__init__(current)
        self._ids = ids

    async def order_of(self, id: MilestoneId) -> GroupOrderId:
        """Look it up by the key, and keep nothing of the row, which is not locked yet."""
        found = await self._current.session.scalar(select(ROW.group_order_id).where(ROW.id == id))
        if found is None:
            raise MilestoneNotFound
        return found

    async def of(self, order: GroupOrderId) -> Sequence[Milestone]:
        """Read a range of the index of kinds."""
        rows = await self._current.session.scalars(
            select(ROW).where(ROW.group_order_id == order).execution_options(populate_existing=True)
        )
        milestones = [self._read(row) for row in rows]
        return sorted(milestones, key=lambda each: KINDS.index(each.kind))

    async def note(self, move: Move) -> None:
        """Insert a row."""
        await self._current.session.execute(
            insert(MOVE).values(
                id=self._ids.next(),
                milestone_id=move.milestone,
                was_on=move.was_on,
                planned_on=move.planned_on,
                reason=move.reason,
                moved_by=move.by,
                moved_at=move.at,
            )
        )

    async def heard_at(self, order: GroupOrderId) -> datetime | None:
        """Take the later of the last move and the last milestone that was reached."""
        told = [
            await self._current.session.scalar(last.where(ROW.group_order_id == order))
            for last in (LAST_MOVE, LAST_DONE)
        ]
        return max(filter(None, told), default=None)

    async def missed(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        """Read the beginning of the index of what is ahead."""
        late = await self._current.session.scalars(
            select(ROW.group_order_id)
            .join(ORDER, ORDER.id == ROW.group_order_id)
            .where(AHEAD, ROW.due_at <= at, ROW.overdue_at.is_(None), ORDER.state.in_(LIVE))
            .group_by(ROW.group_order_id)
            .order_by(ROW.group_order_id)
            .limit(limit)
        )
        return late.all()

    async def silent(self, *, at: datetime, limit: int) -> Sequence[GroupOrderId]:
        """Read that index likewise, and look for a word about each order."""
        long_ago = at - SILENT_FOR
        moved = exists().where(
            MOVE.milestone_id == OTHER.id,
            OTHER.group_order_id == ORDER.id,
            MOVE.moved_at > long_ago,
        )
        done = exists().where(OTHER.group_order_id == ORDER.id, OTHER.done_at > long_ago)
        silent = await self._current.session.scalars(
            select(ORDER.id)
            .join(ROW, ROW.group_order_id == ORDER.id)
            .where(
                AHEAD,
                ROW.due_at <= long_ago,
                ORDER.state.in_(LIVE),
                ORDER.stalled_at.is_(None),
                ~moved,
                ~done,
            )
            .group_by(ORDER.id)
            .having(func.count() >= STALLED_BY)
            .order_by(ORDER.id)
            .limit(limit)
        )
        return silent.all()
