"""A vouch card: what this installation says of a member, signed, for use elsewhere (R9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.shared.domain.errors import NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

VouchId = NewType("VouchId", UUID)

VALID_FOR = timedelta(days=30)
MOST_VOUCHES = 10
"""Cards of one member that are good at the same time."""


class VouchNotFound(NotFound):
    """There is no such vouch card."""


@dataclass(kw_only=True, eq=False)
class Vouch(Aggregate[VouchId]):
    """That a card was given out; what it says stands in the card itself."""

    member_id: MemberId
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @classmethod
    def issue(cls, id: VouchId, *, to: MemberId, at: datetime) -> Self:
        """Give one out, good for thirty days; signed times are whole seconds."""
        at = at.replace(microsecond=0)
        return cls(id=id, member_id=to, issued_at=at, expires_at=at + VALID_FOR, revoked_at=None)

    def revoke(self, *, by: MemberId, at: datetime) -> None:
        """Take it back, once for all; raise VouchNotFound for anybody but its member."""
        if by != self.member_id:
            raise VouchNotFound
        self.revoked_at = self.revoked_at or at


class VouchRepository(Protocol):
    """All vouch cards."""

    async def add(self, entity: Vouch, /) -> None:
        """Keep a new one."""
        ...

    async def get(self, id: VouchId, /) -> Vouch:
        """Return the card; raise VouchNotFound."""
        ...

    async def save(self, entity: Vouch, /) -> None:
        """Keep what changed."""
        ...

    async def count_good(self, *, of: MemberId, at: datetime) -> int:
        """Return how many cards of this member are good now."""
        ...

    async def revoke_all(self, *, of: MemberId, at: datetime) -> None:
        """Take back every card of this member that was not taken back yet."""
        ...
