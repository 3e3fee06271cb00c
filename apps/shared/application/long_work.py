"""Work that takes longer than an answer: a resource of its own tells how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId

KEPT_FOR = timedelta(hours=24)
"""How long the outcome of an operation is kept; one that has not ended by then is given up."""


class OperationStatus(StrEnum):
    """How far it is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNFINISHED = frozenset({OperationStatus.QUEUED, OperationStatus.RUNNING})


class OperationNotFound(NotFound):
    """There is no such operation of yours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """How work goes that goes on by itself.

    `progress` is in percent. `result` is there once it has succeeded, `problem` once it has failed.
    """

    id: UUID
    kind: str
    status: OperationStatus
    progress: int
    result: Mapping[str, Any] | None
    problem: Mapping[str, Any] | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


class ShowOperation(Protocol):
    """How work goes that you have asked for, until a day after it has ended."""

    async def __call__(self, id: UUID, *, to: MemberId) -> OperationView:
        """Raise OperationNotFound, also for somebody else's."""
        ...


class Operations(Protocol):
    """What asks for such work, and what does it; each is used inside a unit of work."""

    async def latest(self, kind: str, *, of: MemberId, at: datetime) -> OperationView | None:
        """Return the last one of this kind that is not forgotten yet, if there is one."""
        ...

    async def begin(self, kind: str, *, of: MemberId, at: datetime) -> UUID:
        """Make one that is queued; raise Busy where another is unfinished."""
        ...

    async def advance(self, id: UUID, progress: int, *, at: datetime) -> bool:
        """Say how far it is; False where it has ended or is forgotten, so nobody waits for it."""
        ...

    async def succeed(
        self, id: UUID, result: Mapping[str, Any], *, file: bytes | None, at: datetime
    ) -> None:
        """End it with what has come of it, and with a file, which is kept as long."""
        ...

    async def fail(self, id: UUID, problem: Mapping[str, Any], *, at: datetime) -> None:
        """End it with what has come between."""
        ...

    async def forget_all(self, *, of: MemberId) -> None:
        """Delete all of a member's, with their files."""
        ...

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete some that are too old, with their files, and return how many."""
        ...


class Files(Protocol):
    """What operations have made."""

    async def __call__(self, id: UUID, *, at: datetime) -> tuple[MemberId, bytes]:
        """Return a file and whose it is; raise OperationNotFound, also once its time is over."""
        ...
