"""Setting a password that was forgotten."""

import logging
from dataclasses import dataclass

from apps.identity.application.change_password import ENDED_BY_A_NEW_PASSWORD
from apps.identity.application.find_owner import FindOwner
from apps.identity.application.letters import RESET
from apps.identity.application.ports import Passwords
from apps.identity.application.redeem import Redeem
from apps.identity.application.second_factor import SecondFactors
from apps.identity.application.throttles import Attempts, Floods
from apps.identity.contract import Standings
from apps.identity.domain.one_time_token import (
    InvalidOrExpiredToken,
    OneTimeTokenRepository,
    Purpose,
)
from apps.identity.domain.password import PasswordPolicy
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.throttle import ASKING_FOR_LETTERS, SIGN_IN
from apps.identity.domain.user import UserRepository, email_key
from apps.shared.application.audit import AuditLog
from apps.shared.application.jobs import Jobs
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True)
class AskForReset:
    """Have a link mailed that sets a new password; the one before serves no longer.

    The answer is the same whether or not the address has an account.
    """

    work: UnitOfWork
    jobs: Jobs
    floods: Floods

    async def __call__(self, email: str, *, host: str | None = None) -> None:
        await self.floods.enter(ASKING_FOR_LETTERS, host)
        async with self.work:
            await self.jobs.enqueue(RESET, {"email": email})


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Set a new password by the token that was mailed; it signs out all devices, and in none.

    It confirms the address, too. Where nobody had done that, a second factor is not its owner's.
    """

    work: UnitOfWork
    redeem: Redeem
    users: UserRepository
    sessions: SessionRepository
    one_time_tokens: OneTimeTokenRepository
    standings: Standings
    passwords: Passwords
    policy: PasswordPolicy
    factors: SecondFactors
    audit: AuditLog
    attempts: Attempts
    owner: FindOwner
    clock: Clock

    async def __call__(self, token: str, *, new_password: str) -> None:
        _ = self.policy.check(new_password)  # whoever sends it, and whatever token with it
        found = await self.redeem.find(token, Purpose.RESET_PASSWORD)
        owner = await self.owner(found.user_id)
        new_password = self.policy.check(new_password, about=owner.known, staff=owner.is_staff)
        password_hash, now = await self.passwords.hash(new_password), self.clock.now()
        async with self.work:
            user = await self.redeem(found, at=now)
            if not user.has_email(found.email):
                raise InvalidOrExpiredToken
            if user.email_verified_at is None and await self.factors.remove(user.id):
                await self.audit.write("mfa.remove", actor=user.id)
            user.change_password(password_hash, at=now)
            user.verify_email(at=now)
            await self.users.save(user)
            await self.one_time_tokens.cancel(of=user.id, purposes=ENDED_BY_A_NEW_PASSWORD)
            await self.sessions.end_all(of=user.id, but=None, at=now)
            await self.standings.review([user.id], at=now)
            await self.audit.write("password.reset", actor=user.id)
        await self.attempts.forgive(SIGN_IN, email_key(user.email))
        audit.info("password reset member=%s", user.id)
