"""Members leave: suspended for a time, or removed for good (P10)."""

import logging
from dataclasses import dataclass
from typing import Protocol

from apps.identity.application.administer import Authority
from apps.identity.application.delete_account import GracePeriod
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.staff import ensure_not_the_last
from apps.identity.domain.user import UserRepository
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

audit = logging.getLogger("kcs.audit")


class FindAccount(Protocol):
    """Whom an operator means, whether active or not."""

    async def __call__(self, name: str) -> MemberId:
        """Return who has this nickname or this id; raise UserNotFound."""
        ...


@dataclass(frozen=True, slots=True)
class SuspendMember:
    """Keep a member out: sessions end at once, trades as the rules say; copies are hidden only.

    Whoever proposes to the member locks the account first as well, and then sees this.
    """

    work: UnitOfWork
    authority: Authority
    users: UserRepository
    sessions: SessionRepository
    audit: AuditLog
    clock: Clock

    async def __call__(self, member: MemberId, *, reason: str, by: MemberId | None = None) -> None:
        """Raise UserNotFound, also for who has left; of staff, what they may not decide."""
        async with self.work:
            user, admins = await self.authority(member, by=by)
            ensure_not_the_last(member, admins)
            now = self.clock.now()
            user.suspend(at=now)
            await self.sessions.end_all(of=member, but=None, at=now)
            await self.users.save(user)
            await self.audit.write("member.suspend", actor=by, target=member, reason=reason)
        audit.info("member suspended member=%s reason=%r", member, reason)


@dataclass(frozen=True, slots=True)
class ReinstateMember:
    """Let a suspended member sign in again; what the suspension has ended stays ended."""

    work: UnitOfWork
    authority: Authority
    users: UserRepository
    audit: AuditLog
    clock: Clock

    async def __call__(self, member: MemberId, *, reason: str, by: MemberId | None = None) -> None:
        """Raise UserNotFound, also for who has left; of staff, what they may not decide."""
        async with self.work:
            user, _ = await self.authority(member, by=by)
            user.reinstate(at=self.clock.now())
            await self.users.save(user)
            await self.audit.write("member.reinstate", actor=by, target=member, reason=reason)
        audit.info("member reinstated member=%s reason=%r", member, reason)


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Let a member leave for good: as a suspension, and copies that nobody counts on are gone.

    What is known of the member is erased as long afterwards as who leaves can come back.
    """

    work: UnitOfWork
    authority: Authority
    users: UserRepository
    sessions: SessionRepository
    audit: AuditLog
    grace: GracePeriod
    clock: Clock

    async def __call__(self, member: MemberId, *, reason: str, by: MemberId | None = None) -> None:
        """Raise UserNotFound, also for who has left already."""
        async with self.work:
            user, admins = await self.authority(member, by=by)
            ensure_not_the_last(member, admins)
            now = self.clock.now()
            user.delete(at=now, grace=self.grace)
            await self.sessions.end_all(of=member, but=None, at=now)
            await self.users.save(user)
            await self.audit.write("member.remove", actor=by, target=member, reason=reason)
        audit.info("member removed member=%s reason=%r", member, reason)
