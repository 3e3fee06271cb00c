"""The audit log: who did what, written with the deed and linked so that no change goes unseen."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId

Fact = str | int | bool | None


class Result(StrEnum):
    """What came of it."""

    OK = "ok"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whence:
    """From which network, and in which request, something is done; of commands neither is known."""

    network: str | None = None
    request_id: str | None = None


WHENCE: ContextVar[Whence] = ContextVar("whence", default=Whence())  # noqa: B039  it is frozen
"""Set where a request comes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """That an actor did something to a target; without an actor it was an operator or nobody known.

    Who was erased stands here, as do addresses, under a pseudonym.
    """

    id: UUID
    at: datetime
    actor: str | None
    action: str
    target: str | None
    ip_trunc: str | None
    request_id: str | None
    result: Result
    meta: Mapping[str, Fact]


class AuditLog(Protocol):
    """Where use cases write what they do."""

    async def write(
        self,
        action: str,
        *,
        actor: MemberId | str | None,
        target: UUID | str | None = None,
        result: Result = Result.OK,
        **meta: Fact,
    ) -> None:
        """Keep it with what the open unit of work does; a refusal needs a unit that is kept.

        Nothing of it can be taken back, so neither `target` nor `meta` holds an address in clear.
        """
        ...

    def pseudonym(self, text: str) -> str:
        """Return what stands for an address, or an erased member: always the same, and one-way."""
        ...


class ListAuditLog(Protocol):
    """What was done, newest first."""

    async def __call__(
        self, *, actor: str | None, action: str | None, after: str | None, limit: int
    ) -> Page[AuditEntry]:
        """Return one page of all entries, or of those of an actor or an action."""
        ...
