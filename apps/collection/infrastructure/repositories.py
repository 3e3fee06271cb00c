"""Copies and want groups, found and kept in SQL."""

from sqlalchemy import bindparam, func, select

from apps.collection.domain.copy import Copy, CopyId, CopyNotFound, CopyRepository
from apps.collection.domain.want_group import (
    WantGroup,
    WantGroupId,
    WantGroupNotFound,
    WantGroupRepository,
)
from apps.collection.infrastructure.models import (
    HELD,
    LIVE,
    CopyModel,
    CopyPromiseModel,
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

    async def lock(self, id: CopyId, *, of: MemberId) -> tuple[Copy, bool]:
        """Lock the row, then look for a live promise: before, it could still be uncommitted."""
        row = await self._current.session.scalar(
            select(CopyModel)
            .where(CopyModel.id == id, CopyModel.owner_id == of, HELD)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise CopyNotFound
        promised = await self._current.session.scalar(
            select(CopyPromiseModel.id).where(CopyPromiseModel.copy_id == id, LIVE)
        )
        return self._read(row), promised is not None

    async def count(self, *, of: MemberId) -> int:
        """Count what is not gone."""
        count: int = (await self._reads(COPIES_HELD, owner=of))[0].copies
        return count


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
        row = await self._current.session.get_one(WantGroupModel, entity.id)
        await self._current.session.delete(row)

    async def count(self, *, of: MemberId) -> int:
        """Count all."""
        had = select(func.count()).where(WantGroupModel.member_id == of)
        return await self._current.session.scalar(had) or 0
