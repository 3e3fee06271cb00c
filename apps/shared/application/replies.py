"""Answers kept under the sender's Idempotency-Key, so that asking twice has one effect."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from apps.shared.domain.errors import Conflict, DomainError
from apps.shared.domain.ids import MemberId

KEPT_FOR = timedelta(hours=24)


class IdempotencyKeyReused(DomainError):
    """This Idempotency-Key was sent with another body or query before; take a new one."""


class IdempotencyInProgress(Conflict):
    """The first request with this Idempotency-Key is still being worked on; ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """Whose request it is, where it goes, and by `digest` what it says."""

    member_id: MemberId
    method: str
    path: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Replies(Protocol):
    """Used inside the unit of work of the request: key, answer and effect are kept together."""

    async def reserve(self, request: KeyedRequest) -> Reply | None:
        """Take the key, or return what was answered under it within the last day.

        Waits for a request with the same key that is under way. Raises IdempotencyKeyReused
        and, where that takes too long, IdempotencyInProgress.
        """
        ...

    async def keep(self, request: KeyedRequest, reply: Reply) -> None:
        """Keep the answer under the reserved key."""
        ...

    async def forget_all(self, *, of: MemberId) -> None:
        """Delete all that a member was answered."""
        ...

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete some that are too old to be given again, and return how many."""
        ...
