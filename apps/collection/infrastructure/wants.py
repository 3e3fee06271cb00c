"""Want groups in step with promises and arrivals (P8)."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, case, delete, func, select, update
from sqlalchemy.sql import ColumnElement

from apps.collection.contract import Wants
from apps.collection.domain.copy_events import AgreementId, CopyId
from apps.collection.domain.want_group import (
    SurplusNotAccepted,
    WantChanged,
    WantClosed,
    WantGroupId,
)
from apps.collection.infrastructure.models import (
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.shared.domain.ids import Clock, MemberId
from apps.shared.infrastructure.current import Current


def incoming(group: Any, member: Any) -> Any:
    """Count the live promises of cards of a want group that its member may count on."""
    return (
        select(func.count())
        .select_from(WantedCardModel)
        .join(CopyModel, CopyModel.card_id == WantedCardModel.card_id)
        .join(CopyPromiseModel, (CopyPromiseModel.copy_id == CopyModel.id) & LIVE)
        .where(WantedCardModel.want_group_id == group, CopyPromiseModel.receiver_id == member)
        .correlate_except(WantedCardModel, CopyModel, CopyPromiseModel)
        .scalar_subquery()
    )


INCOMING = incoming(WantGroupModel.id, WantGroupModel.member_id)


class SqlWants(Wants):
    """As many statements for one copy as for twenty."""

    def __init__(self, current: Current, clock: Clock) -> None:
        self._current = current
        self._clock = clock

    async def ensure_room(
        self, member: MemberId, copies: Collection[CopyId], *, under: AgreementId
    ) -> None:
        """Compare what comes now, and what is on its way, with what is wanted."""
        others = INCOMING.where(CopyPromiseModel.agreement_id != under)
        rows = await self._wanted(
            copies, WantGroupModel.member_id == member, others.label("incoming")
        )
        coming = Counter(row.id for row in rows)
        full = {row.id for row in rows if row.incoming + coming[row.id] > row.wanted}
        if full:
            raise SurplusNotAccepted(want_group_ids=sorted(full))

    async def settle(self, moves: Mapping[MemberId, Collection[CopyId]]) -> None:
        """Lower every group that names an arrived card; in the order of ids, after locking."""
        arrived = {copy: receiver for receiver, copies in moves.items() for copy in copies}
        rows = await self._wanted(
            arrived, WantGroupModel.member_id.in_(moves), CopyModel.id.label("copy_id"), lock=True
        )
        mine = [row for row in rows if arrived[row.copy_id] == row.member_id]
        left: dict[WantGroupId, int] = {row.id: row.wanted for row in mine}
        for row in mine:
            left[row.id] -= 1
        lowered = {id: count for id, count in left.items() if count > 0}
        full = [id for id in left if id not in lowered]
        await self._lower(lowered)
        await self._close(full)
        now = self._clock.now()
        self._current.transaction.tell(
            [
                *(WantChanged(group=id, cards=None, count=lowered[id], at=now) for id in lowered),
                *(WantClosed(group=id, at=now) for id in full),
            ]
        )

    async def _wanted(
        self,
        copies: Collection[CopyId],
        whose: ColumnElement[bool],
        more: ColumnElement[Any],
        *,
        lock: bool = False,
    ) -> Sequence[Row[Any]]:
        """Return a row for each of the copies and each want group that names its card."""
        question = (
            select(
                WantGroupModel.id,
                WantGroupModel.member_id,
                WantGroupModel.count.label("wanted"),
                more,
            )
            .join(WantedCardModel, WantedCardModel.want_group_id == WantGroupModel.id)
            .join(CopyModel, CopyModel.card_id == WantedCardModel.card_id)
            .where(CopyModel.id.in_(copies), whose)
            .order_by(WantGroupModel.id)
        )
        if lock:
            question = question.with_for_update(of=WantGroupModel)
        return (await self._current.session.execute(question)).all()

    async def _lower(self, left: Mapping[WantGroupId, int]) -> None:
        if left:
            await self._current.session.execute(
                update(WantGroupModel)
                .where(WantGroupModel.id.in_(left))
                .values(
                    count=case(left, value=WantGroupModel.id), version=WantGroupModel.version + 1
                )
                .execution_options(synchronize_session=False)
            )

    async def _close(self, full: Collection[WantGroupId]) -> None:
        if full:
            await self._current.session.execute(
                delete(WantGroupModel)
                .where(WantGroupModel.id.in_(full))
                .execution_options(synchronize_session=False)
            )
