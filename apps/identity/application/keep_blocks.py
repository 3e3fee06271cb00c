"""Keeping away from other members."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.contract import Directory
from apps.identity.domain.block import MOST_BLOCKS, Block, BlockId, BlockRepository
from apps.shared.application.pages import Page
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import LimitExceeded
from apps.shared.domain.ids import Clock, Ids, MemberId


@dataclass(frozen=True, slots=True)
class BlockMember:
    """Stop seeing a member and being seen; open proposals between you lapse, and nobody is told."""

    work: UnitOfWork
    blocks: BlockRepository
    directory: Directory
    ids: Ids
    clock: Clock

    async def __call__(self, member: MemberId, *, by: MemberId) -> None:
        block = Block.put(BlockId(self.ids.next()), by=by, on=member, at=self.clock.now())
        async with self.work:
            await self.directory.lock([by, member])  # or a proposal could cross it
            if await self.blocks.exists(by=by, on=member):
                return
            blocked = await self.blocks.count(by=by)
            if blocked >= MOST_BLOCKS:
                raise LimitExceeded("blocks_max", limit=MOST_BLOCKS, current=blocked)
            await self.blocks.add(block)


@dataclass(frozen=True, slots=True)
class UnblockMember:
    """Take a block of yours back; what it has ended stays ended (BL5)."""

    work: UnitOfWork
    blocks: BlockRepository

    async def __call__(self, member: MemberId, *, by: MemberId) -> None:
        async with self.work:
            await self.blocks.lift(by=by, on=member)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """Whom you have blocked; without a nickname where you could not see it anyway."""

    member_id: MemberId
    nickname: str | None
    created_at: datetime


class ListBlocks(Protocol):
    """Whom you have blocked, newest first."""

    async def __call__(self, by: MemberId, *, after: str | None, limit: int) -> Page[BlockView]:
        """Return one page."""
        ...
