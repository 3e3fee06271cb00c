"""A member leaves by themselves, comes back, or is erased once the time for that is over."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol
from uuid import UUID

from apps.identity.application.administer import Authority
from apps.identity.application.letters import DELETION
from apps.identity.application.redeem import Redeem
from apps.identity.contract import Directory
from apps.identity.domain.one_time_token import OneTimeTokenRepository, Purpose
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.staff import ensure_not_the_last
from apps.identity.domain.user import OpenOrders, OpenTrades, Status, User, UserRepository
from apps.shared.application.access import Caller
from apps.shared.application.audit import AuditLog
from apps.shared.application.jobs import Job, Jobs
from apps.shared.application.work import Precondition, UnitOfWork, unconditional
from apps.shared.domain.errors import InvalidToken
from apps.shared.domain.ids import Clock, MemberId

audit = logging.getLogger("kcs.audit")

ERASURE = "accounts.erase-one"
ERASED_AT_ONCE = 100
ENDED_BY_LEAVING = (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL, Purpose.RESET_PASSWORD)
"""Not the way back to a former address: its owner may be who has not asked for this."""

GracePeriod = NewType("GracePeriod", timedelta)
"""How long a member who leaves can come back."""


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    """Leave: from now on nobody sees you, and all devices are signed out.

    Proposals lapse; what is agreed on, and your part in group orders, has to be ended first. Until
    `erase_after` the letter that is mailed to you brings everything back, but for those proposals.
    Then your name, address, texts, cards and wants are deleted for good, and what others have of
    your trades says "former member".
    """

    work: UnitOfWork
    authority: Authority
    users: UserRepository
    sessions: SessionRepository
    one_time_tokens: OneTimeTokenRepository
    jobs: Jobs
    audit: AuditLog
    grace: GracePeriod
    clock: Clock

    async def __call__(self, by: Caller, *, unchanged: Precondition = unconditional) -> datetime:
        """Return when it becomes final; raise LastAdmin, OpenTrades, OpenOrders."""
        async with self.work:
            user, admins = await self.authority(by.member_id, by=None)  # it is their own account
            now = self.clock.now()
            if user.status is not Status.ACTIVE:  # asked twice at the same moment
                raise InvalidToken
            await unchanged()
            ensure_not_the_last(user.id, admins)
            erase_after = user.ask_deletion(at=now, grace=self.grace)
            await self.users.save(user)
            await self.one_time_tokens.cancel(of=user.id, purposes=ENDED_BY_LEAVING)
            await self.sessions.end_all(of=user.id, but=None, at=now)
            await self.jobs.enqueue(DELETION, {"member": str(user.id)})
            await self.audit.write("account.delete", actor=user.id)
        audit.info("deletion asked member=%s", user.id)
        return erase_after


@dataclass(frozen=True, slots=True)
class CancelDeletion:
    """Stay after all, by the token that was mailed; sign in anew then."""

    work: UnitOfWork
    redeem: Redeem
    users: UserRepository
    audit: AuditLog
    clock: Clock

    async def __call__(self, token: str) -> None:
        found, now = await self.redeem.find(token, Purpose.CANCEL_DELETION), self.clock.now()
        async with self.work:
            user = await self.redeem(found, at=now)
            user.cancel_deletion(at=now)
            await self.users.save(user)
            await self.audit.write("account.keep", actor=user.id)
        audit.info("deletion cancelled member=%s", found.user_id)


class Traces(Protocol):
    """What is kept of a member here beside the account, whoever keeps it."""

    async def erase(self, user: User) -> None:
        """Delete the profile, every way in, blocks, kept answers, operations, and jobs about it."""
        ...


@dataclass(frozen=True, slots=True)
class EraseAccounts:
    """Leave a job for each member whose time to come back is over; at any time there is one."""

    work: UnitOfWork
    users: UserRepository
    jobs: Jobs
    clock: Clock

    async def __call__(self) -> int:
        """Return for how many."""
        due = await self.users.to_erase(at=self.clock.now(), limit=ERASED_AT_ONCE)
        if due:
            async with self.work:
                for member in due:
                    payload = {"member": str(member)}
                    await self.jobs.enqueue(ERASURE, payload, key=str(member))
        return len(due)


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """Erase who a member was, everywhere and in one transaction, so that all of it is done or none.

    Who was removed in the midst of a trade or a group order is erased once it is over.
    """

    work: UnitOfWork
    users: UserRepository
    directory: Directory
    traces: Traces
    jobs: Jobs
    audit: AuditLog
    clock: Clock

    async def __call__(self, job: Job) -> None:
        member, now = MemberId(UUID(job.payload["member"])), self.clock.now()
        try:
            await self._erase(member, job, at=now)
        except (OpenTrades, OpenOrders) as under_way:
            waits_for = "trades" if isinstance(under_way, OpenTrades) else "group orders"
            audit.info("erasure waits for %s member=%s", waits_for, member)
            async with self.work:
                await self.jobs.complete(job)

    async def _erase(self, member: MemberId, job: Job, *, at: datetime) -> None:
        async with self.work:
            await self.directory.lock([member])
            user = await self.users.get(member)
            due = user.erase_after is not None and user.erase_after <= at
            if due:
                await self.traces.erase(user)
                user.erase(at=at)
                await self.users.save(user)
                await self.audit.write("account.erase", actor=None, target=member)
            await self.jobs.complete(job)
        if due:
            audit.info("member erased member=%s", member)
