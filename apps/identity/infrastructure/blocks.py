"""Blocks in SQL, and what they hide."""

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.orm import aliased

from apps.identity.application.keep_blocks import BlockView, ListBlocks
from apps.identity.domain.block import Block, BlockId, BlockRepository
from apps.identity.domain.user import Status
from apps.identity.infrastructure.models import BlockModel, ProfileModel, UserModel
from apps.shared.application.pages import Page
from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads
from apps.shared.infrastructure.repository import SqlRepository

Who = SQLColumnExpression[MemberId]


def blocked(by: Who, on: Who) -> ColumnElement[bool]:
    """Return the condition that one has blocked the other: a look into the unique index."""
    block = aliased(BlockModel)
    found = exists().where(block.blocker_id == by, block.blocked_id == on)
    return found.correlate_except(block)


READER: Who = bindparam("to", type_=UserModel.id.type)
VISIBLE = (
    (UserModel.status == Status.ACTIVE)
    & ~blocked(READER, UserModel.id)
    & ~blocked(UserModel.id, READER)
)
"""The member of this row takes part, and neither of the two has blocked the other (BL2)."""

HIDDEN = Question(
    select(
        case(
            (BlockModel.blocker_id == bindparam("member"), BlockModel.blocked_id),
            else_=BlockModel.blocker_id,
        ).label("id")
    ).where(
        (BlockModel.blocker_id == bindparam("member"))
        | (BlockModel.blocked_id == bindparam("member"))
    )
)
BLOCKS = Question(
    select(BlockModel.id, BlockModel.blocked_id, ProfileModel.nickname, BlockModel.created_at)
    .select_from(BlockModel)
    .outerjoin(
        UserModel,
        (UserModel.id == BlockModel.blocked_id)
        & (UserModel.status == Status.ACTIVE)
        & ~blocked(UserModel.id, READER),
    )
    .outerjoin(ProfileModel, ProfileModel.id == UserModel.id)
    .where(BlockModel.blocker_id == READER, BlockModel.id < bindparam("before"))
    .order_by(BlockModel.id.desc())
    .limit(bindparam("limit"))
)


class BlockNotFound(NotFound):
    """There is no such block."""


class SqlBlockRepository(SqlRepository[Block, BlockId], BlockRepository):
    """Blocks, found by the two members."""

    row = BlockModel
    missing = BlockNotFound

    async def exists(self, *, by: MemberId, on: MemberId) -> bool:
        """Look into the unique index."""
        found = select(BlockModel.id).where(
            BlockModel.blocker_id == by, BlockModel.blocked_id == on
        )
        return await self._current.session.scalar(found) is not None

    async def count(self, *, by: MemberId) -> int:
        """Count by the same index."""
        put = select(func.count()).where(BlockModel.blocker_id == by)
        return await self._current.session.scalar(put) or 0

    async def lift(self, *, by: MemberId, on: MemberId) -> None:
        """Delete at most one row."""
        await self._current.session.execute(
            delete(BlockModel)
            .where(BlockModel.blocker_id == by, BlockModel.blocked_id == on)
            .execution_options(synchronize_session=False)
        )


class SqlListBlocks(ListBlocks):
    """The member's blocks with the nicknames that may be seen, in one SELECT."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def __call__(self, by: MemberId, *, after: str | None, limit: int) -> Page[BlockView]:
        """Read them."""
        page = await self._reads.newest_first(BLOCKS, after=after, limit=limit, to=by)
        blocks = [
            BlockView(member_id=row.blocked_id, nickname=row.nickname, created_at=row.created_at)
            for row in page.items
        ]
        return Page(blocks, page.next)
