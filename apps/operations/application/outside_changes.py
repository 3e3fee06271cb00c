"""Changes of the database that were not made by this service, and what operators say to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import NotFound

ACCEPTED = "outside_change_accepted"
"""The action under which the audit log keeps who has said what to such a change."""


class OutsideChangeNotFound(NotFound):
    """There is no such change from outside, or it was accepted before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideChange:
    """That a row was changed from outside: which columns and by whom, as far as that is known."""

    number: int
    at: datetime
    relation: str
    verb: str
    row_key: str | None
    columns: str | None
    who: str | None


class OutsideChanges(Protocol):
    """Those to which nobody has said anything."""

    async def __call__(self) -> Sequence[OutsideChange]:
        """Return them by their numbers."""
        ...


@dataclass(frozen=True, slots=True)
class AcceptOutsideChange:
    """Say why a change from outside was right; it is kept in the audit log, and is told no more."""

    work: UnitOfWork
    changes: OutsideChanges
    audit: AuditLog

    async def __call__(self, number: int, *, reason: str) -> None:
        """Raise OutsideChangeNotFound."""
        async with self.work:
            if number not in {each.number for each in await self.changes()}:
                raise OutsideChangeNotFound
            await self.audit.write(ACCEPTED, actor=None, target=str(number), reason=reason)
