"""What members see of themselves and of each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.domain.profile import Privacy
from apps.identity.domain.user import Role
from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """What trades have shown; below three completed ones a member is only `new` (R5)."""

    new: bool
    completed_trades: int | None
    presence_verified: int | None
    cancelled_at_fault: int | None
    disputes_lost: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeView:
    """A member as only the member sees it."""

    id: MemberId
    email: str
    email_verified: bool
    nickname: str
    bio: str | None
    region: str | None
    locale: str
    avatar_url: str | None
    role: Role
    trust_level: int
    reputation: Reputation
    privacy: Privacy
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member as others see it."""

    id: MemberId
    nickname: str
    bio: str | None
    region: str | None
    avatar_url: str | None
    trust_level: int
    reputation: Reputation


class ShowMe(Protocol):
    """Your own account, with what others do not see of it."""

    async def __call__(self, member: MemberId) -> MeView:
        """Raise UserNotFound."""
        ...


class ShowMember(Protocol):
    """A member as others may see it, unless one of you has blocked the other."""

    async def __call__(self, member: MemberId, *, to: MemberId) -> MemberView:
        """Raise UserNotFound, also for who is hidden."""
        ...


class FindMembers(Protocol):
    """Members whose nickname begins so, whatever its case or width, in order of nickname."""

    async def __call__(
        self, *, prefix: str, to: MemberId, after: str | None, limit: int
    ) -> Page[MemberView]:
        """Return one page; its key is the folded nickname."""
        ...
