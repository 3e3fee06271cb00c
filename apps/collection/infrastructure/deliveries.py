"""Copies that come from outside, in SQL: expected under a live promise, until they are here."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from apps.collection.contract import Announcement, Deliveries, Wants
from apps.collection.domain.copy import Condition, CopyState
from apps.collection.domain.copy_events import CopyEntered, CopyId
from apps.collection.infrastructure.models import (
    LIVE,
    CopyHandoverModel,
    CopyModel,
    CopyPromiseModel,
)
from apps.shared.domain.ids import Clock, Ids, MemberId
from apps.shared.infrastructure.current import Current

UNSEEN = {"synchronize_session": False}


class SqlDeliveries(Deliveries):
    """As many statements for one copy as for a hundred."""

    def __init__(self, current: Current, wants: Wants, ids: Ids, clock: Clock) -> None:
        self._current = current
        self._wants = wants
        self._ids = ids
        self._clock = clock

    async def announce(self, copies: Sequence[Announcement]) -> Sequence[CopyId]:
        """Insert the copies, and the promises that each receiver counts on."""
        if not copies:
            return []
        now, ids = self._clock.now(), [CopyId(self._ids.next()) for _ in copies]
        expected = {
            "condition": Condition.MINT,
            "state": CopyState.EXPECTED,
            "for_trade": False,
            "note": None,
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        await self._insert(
            CopyModel,
            [
                {"id": id, "card_id": copy.card_id, "owner_id": copy.receiver_id, **expected}
                for id, copy in zip(ids, copies, strict=True)
            ],
        )
        await self._insert(
            CopyPromiseModel,
            [
                {
                    "id": self._ids.next(),
                    "copy_id": id,
                    "agreement_id": copy.agreement_id,
                    "receiver_id": copy.receiver_id,
                    "promised_at": now,
                }
                for id, copy in zip(ids, copies, strict=True)
            ],
        )
        return ids

    async def call_off(self, copies: Collection[CopyId]) -> None:
        """Stamp the promises, and let the copies be gone."""
        if copies:
            await self._settle(copies, CopyState.GONE, released_at=self._clock.now())

    async def arrive(self, copies: Collection[CopyId], *, giver: MemberId) -> None:
        """Lengthen the chains, stamp the promises, and only then lower the want groups."""
        if not copies:
            return
        now = self._clock.now()
        rows = await self._current.session.execute(
            select(
                CopyModel.id, CopyModel.owner_id, CopyModel.card_id, CopyPromiseModel.agreement_id
            )
            .join(CopyPromiseModel, (CopyPromiseModel.copy_id == CopyModel.id) & LIVE)
            .where(CopyModel.id.in_(copies))
            .order_by(CopyModel.id)
        )
        moves: Mapping[MemberId, list[CopyId]] = defaultdict(list)
        links, arrived = [], []
        for row in rows:
            moves[row.owner_id].append(row.id)
            arrived.append((row.id, row.owner_id, row.card_id))
            links.append(
                {
                    "id": self._ids.next(),
                    "copy_id": row.id,
                    "giver_id": giver,
                    "receiver_id": row.owner_id,
                    "agreement_id": row.agreement_id,
                    "at": now,
                }
            )
        await self._insert(CopyHandoverModel, links)
        self._current.transaction.tell(
            [
                CopyEntered(copy=copy, card=card, owner=owner, for_trade=False, at=now)
                for copy, owner, card in arrived
            ]
        )
        await self._settle(copies, CopyState.HELD, fulfilled_at=now)
        await self._wants.settle(moves)

    async def _insert(self, model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        await self._current.session.execute(insert(model), rows)

    async def _settle(self, copies: Collection[CopyId], state: CopyState, **stamp: Any) -> None:
        for change in (
            update(CopyPromiseModel)
            .where(CopyPromiseModel.copy_id.in_(copies), LIVE)
            .values(stamp),
            update(CopyModel)
            .where(CopyModel.id.in_(copies), CopyModel.state == CopyState.EXPECTED)
            .values(state=state, updated_at=self._clock.now(), version=CopyModel.version + 1),
        ):
            await self._current.session.execute(change, execution_options=UNSEEN)
