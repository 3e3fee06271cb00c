"""A block: one member wants nothing more to do with another (D.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate, Event

BlockId = NewType("BlockId", UUID)

MOST_BLOCKS = 1_000


class SelfBlock(DomainError):
    """Nobody can block themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBlocked(Event):
    """From now on these two do not see each other."""

    blocker: MemberId
    blocked: MemberId


@dataclass(kw_only=True, eq=False)
class Block(Aggregate[BlockId]):
    """Hides each of the two from the other; `blocked_id` may be nobody's (BL1, BL5)."""

    blocker_id: MemberId
    blocked_id: MemberId
    created_at: datetime

    @classmethod
    def put(cls, id: BlockId, *, by: MemberId, on: MemberId, at: datetime) -> Self:
        """Begin one; raise SelfBlock."""
        if by == on:
            raise SelfBlock
        block = cls(id=id, blocker_id=by, blocked_id=on, created_at=at)
        block.record(MemberBlocked(blocker=by, blocked=on, at=at))
        return block


class BlockRepository(Protocol):
    """All blocks."""

    async def add(self, entity: Block, /) -> None:
        """Keep a new one."""
        ...

    async def exists(self, *, by: MemberId, on: MemberId) -> bool:
        """Tell whether the first has blocked the second."""
        ...

    async def count(self, *, by: MemberId) -> int:
        """Return how many a member has blocked."""
        ...

    async def lift(self, *, by: MemberId, on: MemberId) -> None:
        """Forget the first one's block of the second, if there is one."""
        ...
