"""Copies and want groups, found and kept in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import aliased

from apps.catalogue.contract import CardId
from apps.collection.domain.copy import Copy, CopyNotFound, CopyRepository, CopyState
from apps.collection.domain.copy_events import CopyId, CopyRemoved
from apps.collection.domain.want_group import (
    WantGroup,
    WantGroupId,
    WantGroupNotFound,
    WantGroupRepository,
)
from apps.collection.infrastructure.models import (
    AS_PROMISED,
    HELD,
    LIVE,
    CopyModel,
    CopyPromiseModel,
    WantedCardModel,
    WantGroupModel,
)
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository

COPIES_HELD = Question(
    select(func.count().label("copies")).where(CopyModel.owner_id == bindparam("owner"), HELD)
)


class SqlCopyRepository(SqlRepository[Copy, CopyId], CopyRepository):
    """Copies, locked before they change, for a promise may be on its way."""

    row = CopyModel
    missing = CopyNotFound

    def __init__(self, current: Current, reads: Reads) -> None:
        super().__init__(current)
        self._reads = reads

    async def lock(self, id: CopyId, *, of: MemberId) -> tuple[Copy, CopyState]:
        """Lock the row, then look for a live promise: before, it could still be uncommitted."""
        row = await self._current.session.scalar(
            select(CopyModel)
            .where(CopyModel.id == id, CopyModel.owner_id == of, HELD)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise CopyNotFound
        promised = select(AS_PROMISED).where(CopyPromiseModel.copy_id == id, LIVE)
        state = await self._current.session.scalar(promised)
        here = row.state is CopyState.HELD
        return self._read(row), CopyState(state) if state and here else row.state

    async def lock_all(self, *, of: MemberId) -> None:
        """Lock in the order of ids, as whoever promises copies does (P5)."""
        theirs = select(CopyModel.id).where(CopyModel.owner_id == of, HELD)
        await self._current.session.execute(theirs.order_by(CopyModel.id).with_for_update())

    async def let_go(self, *, of: MemberId, at: datetime) -> None:
        """Stamp them in one statement."""
        promised = select(CopyPromiseModel.id).where(CopyPromiseModel.copy_id == CopyModel.id, LIVE)
        gone = await self._current.session.scalars(
            update(CopyModel)
            .where(CopyModel.owner_id == of, HELD, ~promised.exists())
            .values(
                state=CopyState.GONE,
                for_trade=False,
                note=None,
                updated_at=at,
                version=CopyModel.version + 1,
            )
            .returning(CopyModel.id)
            .execution_options(synchronize_session=False)
        )
        self._current.transaction.tell([CopyRemoved(copy=copy, at=at) for copy in gone])

    async def count(self, *, of: MemberId) -> int:
        """Count what is not gone."""
        count: int = (await self._reads(COPIES_HELD, owner=of))[0].copies
        return count

    async def follow(self, card: CardId, *, into: CardId) -> None:
        """Lock in the order of ids first, as whoever promises copies does (P5)."""
        session, of_it = self._current.session, CopyModel.card_id == card
        await session.execute(
            select(CopyModel.id).where(of_it).order_by(CopyModel.id).with_for_update()
        )
        await session.execute(
            update(CopyModel)
            .where(of_it)
            .values(card_id=into, version=CopyModel.version + 1)
            .execution_options(synchronize_session=False)
        )


class SqlWantGroupRepository(SqlRepository[WantGroup, WantGroupId], WantGroupRepository):
    """Want groups with their cards."""

    row = WantGroupModel
    missing = WantGroupNotFound

    async def lock(self, id: WantGroupId, *, of: MemberId) -> WantGroup:
        """Hide what belongs to somebody else."""
        group = await self._locked(id)
        if group.member_id != of:
            raise WantGroupNotFound
        return group

    async def delete(self, entity: WantGroup, /) -> None:
        """Delete the row that was read, and with it those of its cards."""
        self._watch(entity)
        row = await self._current.session.get_one(WantGroupModel, entity.id)
        await self._current.session.delete(row)

    async def count(self, *, of: MemberId) -> int:
        """Count all."""
        had = select(func.count()).where(WantGroupModel.member_id == of)
        return await self._current.session.scalar(had) or 0

    async def follow(self, card: CardId, *, into: CardId) -> None:
        """Lock the groups, drop the card where the surviving one stands too, else replace it."""
        session, other = self._current.session, aliased(WantedCardModel)
        naming = select(WantedCardModel.want_group_id).where(WantedCardModel.card_id == card)
        locked = await session.scalars(
            select(WantGroupModel.id)
            .where(WantGroupModel.id.in_(naming))
            .order_by(WantGroupModel.id)
            .with_for_update()
        )
        groups, both = [*locked], select(other.want_group_id).where(other.card_id == into)
        for statement in (
            delete(WantedCardModel).where(
                WantedCardModel.card_id == card, WantedCardModel.want_group_id.in_(both)
            ),
            update(WantedCardModel).where(WantedCardModel.card_id == card).values(card_id=into),
            update(WantGroupModel)
            .where(WantGroupModel.id.in_(groups))
            .values(version=WantGroupModel.version + 1),
        ):
            await session.execute(statement.execution_options(synchronize_session=False))
