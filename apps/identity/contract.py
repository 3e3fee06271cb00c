"""What other contexts may know of members, and tell identity about them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.domain.user import Role, UserNotFound
from apps.shared.domain.ids import MemberId

__all__ = ["Directory", "MemberCard", "Rank", "Ranks", "Role", "Standings", "UserNotFound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """A member as a line in somebody else's list."""

    id: MemberId
    nickname: str
    accepts_proposals: bool


class Directory(Protocol):
    """Who is who."""

    async def members(self, ids: Collection[MemberId]) -> Mapping[MemberId, MemberCard]:
        """Return the active ones among these, in one question."""
        ...

    async def lock(self, ids: Collection[MemberId]) -> None:
        """Keep others from counting what these members have until this unit of work ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """What a member may decide for others: by role, and by trust level, 0 to 3 (R8)."""

    id: MemberId
    role: Role
    trust_level: int


class Ranks(Protocol):
    """Who may decide what."""

    async def of(self, member: MemberId) -> Rank:
        """Return how it is now; raise UserNotFound."""
        ...


class Standings(Protocol):
    """What trading has to say of members; used inside its unit of work."""

    async def count_completed(self, members: Collection[MemberId], *, at: datetime) -> None:
        """Each of these has completed one trade more."""
        ...
