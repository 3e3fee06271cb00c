"""Moving to another address, and back."""

import logging
from dataclasses import dataclass

from apps.identity.application.letters import CHANGE, CHANGED, RESET
from apps.identity.application.ports import OneTimeSecrets
from apps.identity.application.redeem import Redeem
from apps.identity.application.throttles import Floods
from apps.identity.application.vacate import Vacate
from apps.identity.contract import Standings
from apps.identity.domain.one_time_token import (
    InvalidOrExpiredToken,
    OneTimeToken,
    OneTimeTokenRepository,
    Purpose,
)
from apps.identity.domain.throttle import ASKING_FOR_LETTERS
from apps.identity.domain.user import EmailTaken, UserRepository
from apps.shared.application.access import Caller
from apps.shared.application.audit import AuditLog
from apps.shared.application.jobs import Jobs
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True)
class AskForEmailChange:
    """Have a link mailed to another address that makes it yours.

    The answer is the same whether or not the address has an account. Nothing is mailed once the
    device that asked is signed out.
    """

    work: UnitOfWork
    jobs: Jobs
    floods: Floods

    async def __call__(self, new_email: str, *, by: Caller, host: str | None = None) -> None:
        await self.floods.enter(ASKING_FOR_LETTERS, host)
        payload = {"email": new_email, "member": str(by.member_id), "session": str(by.session_id)}
        async with self.work:
            await self.jobs.enqueue(CHANGE, payload)


@dataclass(frozen=True, slots=True)
class FindHolder:
    """Whose an address is: of whose account, or else of who can still take it back."""

    users: UserRepository
    one_time_tokens: OneTimeTokenRepository
    clock: Clock

    async def __call__(self, email: str) -> MemberId | None:
        """Ask both in any case, accounts first: of a change meanwhile, one of them tells."""
        known = await self.users.credentials(email)
        claimant = await self.one_time_tokens.claimant(email, at=self.clock.now())
        return known.id if known else claimant


@dataclass(frozen=True, slots=True)
class ConfirmEmailChange:
    """Move to a new address by the token that was mailed to it; the old one hears of it.

    For seven days nobody else gets the old one, so that the way back stays open.
    """

    work: UnitOfWork
    redeem: Redeem
    users: UserRepository
    holder: FindHolder
    one_time_tokens: OneTimeTokenRepository
    secrets: OneTimeSecrets
    standings: Standings
    jobs: Jobs
    audit: AuditLog
    clock: Clock

    async def __call__(self, token: str) -> None:
        found = await self.redeem.find(token, Purpose.CHANGE_EMAIL)
        try:
            await self._move(found)
        except EmailTaken:
            raise InvalidOrExpiredToken from None
        audit.info("email changed member=%s", found.user_id)

    async def _move(self, found: OneTimeToken) -> None:
        now = self.clock.now()
        async with self.work:
            user = await self.redeem(found, at=now)
            if await self.holder(found.email) not in {None, user.id}:
                raise EmailTaken
            old = user.email
            user.change_email(found.email, at=now)
            await self.users.save(user)
            await self.one_time_tokens.issue(
                OneTimeToken.issue(
                    self.secrets.digest(self.secrets.draw()),  # its letter brings another
                    purpose=Purpose.UNDO_EMAIL_CHANGE,
                    user_id=user.id,
                    email=old,
                    at=now,
                )
            )
            await self.standings.review([user.id], at=now)
            await self.jobs.enqueue(CHANGED, {"email": old, "member": str(user.id)})
            await self.audit.write("email.change", actor=user.id)


@dataclass(frozen=True, slots=True)
class UndoEmailChange:
    """Go back to an address by the token that was mailed to it when it was changed.

    All devices are signed out, neither password nor providers open the account any more, and a
    link to set another password is mailed: who changed the address could have done so by any.
    """

    work: UnitOfWork
    redeem: Redeem
    vacate: Vacate
    standings: Standings
    jobs: Jobs
    audit: AuditLog
    clock: Clock

    async def __call__(self, token: str) -> None:
        found, now = await self.redeem.find(token, Purpose.UNDO_EMAIL_CHANGE), self.clock.now()
        async with self.work:
            user = await self.redeem(found, at=now)
            user.change_email(found.email, at=now)
            await self.vacate(user, at=now)
            await self.standings.review([user.id], at=now)
            await self.jobs.enqueue(RESET, {"email": found.email})
            await self.audit.write("email.undo", actor=user.id)
        audit.info("email change undone member=%s", user.id)
