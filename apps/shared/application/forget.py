"""Deleting what was only kept for a while."""

from dataclasses import dataclass

from apps.shared.application.jobs import FORGOTTEN_AT_ONCE
from apps.shared.application.long_work import Operations
from apps.shared.application.replies import Replies
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock


@dataclass(frozen=True, slots=True)
class ForgetReplies:
    """Delete answers that are too old to be given again: they tell of members."""

    work: UnitOfWork
    replies: Replies
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.replies.forget(at=self.clock.now(), limit=FORGOTTEN_AT_ONCE)


@dataclass(frozen=True, slots=True)
class ForgetOperations:
    """Delete operations that have been over for a day, and what they have made."""

    work: UnitOfWork
    operations: Operations
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.operations.forget(at=self.clock.now(), limit=FORGOTTEN_AT_ONCE)
