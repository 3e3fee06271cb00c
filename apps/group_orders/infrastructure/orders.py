"""Group orders, who has joined them and their tags, found and kept in SQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select

from apps.group_orders.application.company import Joiners
from apps.group_orders.application.prepare_order import Tags
from apps.group_orders.domain.order import GroupOrder, GroupOrderNotFound, GroupOrderRepository
from apps.group_orders.domain.order_events import GroupOrderId
from apps.group_orders.domain.order_steps import LIVE, OrderState
from apps.group_orders.infrastructure.models import (
    GroupOrderModel,
    GroupOrderTagModel,
    OrderJoinerModel,
    TagModel,
)
from apps.group_orders.infrastructure.round_models import OrderClaimModel, OrderRoundModel
from apps.shared.domain.ids import Ids, MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.replies import INSERT
from apps.shared.infrastructure.repository import SqlRepository

ORDER, JOINER, TAG, TAGGED = GroupOrderModel, OrderJoinerModel, TagModel, GroupOrderTagModel
ROUND, CLAIM = OrderRoundModel, OrderClaimModel


class SqlGroupOrderRepository(SqlRepository[GroupOrder, GroupOrderId], GroupOrderRepository):
    """Orders with all versions of their rules."""

    row = GroupOrderModel
    missing = GroupOrderNotFound

    async def lock(self, id: GroupOrderId) -> GroupOrder:
        """Lock the row."""
        return await self._locked(id)

    async def count_drafts(self, *, of: MemberId) -> int:
        """Count by the organiser's index."""
        return await self._count(ORDER.organiser_id == of, ORDER.state == OrderState.DRAFT)

    async def count_live(self, *, of: MemberId) -> int:
        """Count likewise."""
        return await self._count(ORDER.organiser_id == of, ORDER.state.in_(LIVE))

    async def _count(self, *where: Any) -> int:
        return await self._current.session.scalar(select(func.count()).where(*where)) or 0


class SqlJoiners(Joiners):
    """One statement each."""

    def __init__(self, current: Current) -> None:
        self._current = current

    async def has(self, order: GroupOrderId, member: MemberId) -> bool:
        """Look for the key."""
        theirs = exists().where(JOINER.group_order_id == order, JOINER.member_id == member)
        return bool(await self._current.session.scalar(select(theirs)))

    async def all(self, order: GroupOrderId) -> frozenset[MemberId]:
        """Read a range of the key."""
        theirs = select(JOINER.member_id).where(JOINER.group_order_id == order)
        return frozenset(await self._current.session.scalars(theirs))

    async def accept(
        self,
        order: GroupOrderId,
        member: MemberId,
        *,
        rules_version: int,
        reference: str,
        at: datetime,
    ) -> None:
        """Insert a row, or change the version in the one that is there."""
        session = self._current.session
        upsert = INSERT[session.get_bind().dialect.name](JOINER).values(
            group_order_id=order,
            member_id=member,
            rules_version=rules_version,
            reference=reference,
            joined_at=at,
        )
        await session.execute(
            upsert.on_conflict_do_update(
                index_elements=[JOINER.group_order_id, JOINER.member_id],
                set_={"rules_version": rules_version},
            )
        )

    async def count(self, *, of: MemberId, beside: MemberId | None = None) -> int:
        """Count live claims over the organiser's index."""
        others = [] if beside is None else [CLAIM.member_id != beside]
        asking = (
            select(func.count(CLAIM.member_id.distinct()))
            .join(ROUND, ROUND.id == CLAIM.round_id)
            .join(ORDER, ORDER.id == ROUND.group_order_id)
            .where(ORDER.organiser_id == of, ORDER.state.in_(LIVE), CLAIM.ended_at.is_(None))
            .where(*others)
        )
        return (await self._current.session.scalar(asking) or 0) + len(others)


class SqlTags(Tags):
    """As many statements for one tag as for ten."""

    def __init__(self, current: Current, ids: Ids) -> None:
        self._current = current
        self._ids = ids

    async def put(self, order: GroupOrderId, labels: Mapping[str, str]) -> None:
        """Make those that nobody has used yet, in the order of names, and tie the order to all."""
        session = self._current.session
        if labels:
            upsert = INSERT[session.get_bind().dialect.name](TAG)
            await session.execute(
                upsert.on_conflict_do_nothing(index_elements=[TAG.name]),
                [
                    {"id": self._ids.next(), "name": name, "label": labels[name]}
                    for name in sorted(labels)
                ],
            )
        await session.execute(delete(TAGGED).where(TAGGED.group_order_id == order))
        named = select(TAG.id).where(TAG.name.in_(labels))
        ties = [{"group_order_id": order, "tag_id": tag} for tag in await session.scalars(named)]
        if ties:
            await session.execute(insert(TAGGED), ties)
