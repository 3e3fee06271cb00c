"""What staff decide about members, and look up."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from apps.identity.contract import Ranks
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.staff import (
    ensure_admin,
    ensure_may_decide,
    ensure_not_the_last,
    ensure_staff,
)
from apps.identity.domain.user import Role, Status, User, UserRepository
from apps.shared.application.audit import AuditEntry, AuditLog, ListAuditLog
from apps.shared.application.pages import Page
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId


class Admins(Protocol):
    """Those who may appoint others."""

    async def hold(self, member: MemberId) -> AbstractSet[MemberId]:
        """Return the active ones.

        Nobody else can change one of them, or this member, until the unit of work ends.
        """
        ...


@dataclass(frozen=True, slots=True)
class Authority:
    """Hold that somebody may decide about a member; within a unit of work, which holds both."""

    admins: Admins
    ranks: Ranks
    users: UserRepository

    async def __call__(
        self, member: MemberId, *, by: MemberId | None, admins_only: bool = False
    ) -> tuple[User, AbstractSet[MemberId]]:
        """Return the account, and who is an admin; an operator, who is nobody, may do anything.

        Who decides is looked at only now: it may have been decided about them meanwhile.
        """
        admins = await self.admins.hold(member)
        user = await self.users.get(member)
        if by is not None:
            role = (await self.ranks.of(by)).role
            if admins_only:
                ensure_admin(role)
            ensure_may_decide(role, about=user.role)
        return user, admins


@dataclass(frozen=True, slots=True)
class ChangeRole:
    """Appoint a member, or let one step down; all their devices are signed out.

    There is always an admin left.
    """

    work: UnitOfWork
    authority: Authority
    users: UserRepository
    sessions: SessionRepository
    audit: AuditLog
    clock: Clock

    async def __call__(self, member: MemberId, role: Role, *, by: MemberId | None) -> None:
        """Raise UserNotFound, AdminsOnly, LastAdmin."""
        async with self.work:
            user, admins = await self.authority(member, by=by, admins_only=True)
            before, now = user.role, self.clock.now()
            if role is before:
                return
            ensure_not_the_last(member, admins)
            user.change_role(role, at=now)
            await self.users.save(user)
            await self.sessions.end_all(of=member, but=None, at=now)
            await self.audit.write("role.change", actor=by, target=member, was=before, now=role)


@dataclass(frozen=True, slots=True)
class EndMembersSessions:
    """Sign all devices of a member out."""

    work: UnitOfWork
    authority: Authority
    sessions: SessionRepository
    audit: AuditLog
    clock: Clock

    async def __call__(self, member: MemberId, *, by: MemberId) -> None:
        """Raise UserNotFound, ModeratorsOnly, StaffProtected."""
        async with self.work:
            await self.authority(member, by=by)
            await self.sessions.end_all(of=member, but=None, at=self.clock.now())
            await self.audit.write("member.logout", actor=by, target=member)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """An account as staff see it; only admins see its address."""

    id: MemberId
    nickname: str
    email: str | None
    email_verified: bool
    role: Role
    status: Status
    trust_level: int
    created_at: datetime


class ListAccounts(Protocol):
    """Accounts of any status, in order of nickname."""

    async def __call__(self, *, prefix: str, after: str | None, limit: int) -> Page[AccountView]:
        """Return one page of those whose nickname begins so; its key is the folded nickname."""
        ...

    async def one(self, member: MemberId) -> AccountView:
        """Return this one; raise UserNotFound."""
        ...


@dataclass(frozen=True, slots=True)
class LookAccountsUp:
    """Members of any status, by how their nickname begins; that staff have looked is kept."""

    work: UnitOfWork
    ranks: Ranks
    accounts: ListAccounts
    audit: AuditLog

    async def __call__(
        self, *, prefix: str, by: MemberId, after: str | None, limit: int
    ) -> Page[AccountView]:
        """Raise ModeratorsOnly."""
        async with self.work:
            role = (await self.ranks.of(by)).role
            ensure_staff(role)
            page = await self.accounts(prefix=prefix, after=after, limit=limit)
            await self.audit.write("members.read", actor=by, shown=len(page.items))
        if role is Role.ADMIN:
            return page
        return Page([replace(each, email=None) for each in page.items], page.next)


@dataclass(frozen=True, slots=True)
class ReadAuditLog:
    """What was done, newest first, for admins; that they have looked is kept as well."""

    work: UnitOfWork
    ranks: Ranks
    entries: ListAuditLog
    audit: AuditLog

    async def __call__(
        self,
        *,
        by: MemberId,
        actor: str | None,
        action: str | None,
        after: str | None,
        limit: int,
    ) -> Page[AuditEntry]:
        """Raise AdminsOnly."""
        async with self.work:
            ensure_admin((await self.ranks.of(by)).role)
            page = await self.entries(actor=actor, action=action, after=after, limit=limit)
            await self.audit.write("audit.read", actor=by, shown=len(page.items))
        return page
