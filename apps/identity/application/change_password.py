"""Proving who one is, and choosing another password."""

import logging
from dataclasses import dataclass
from datetime import datetime

from apps.identity.application.find_owner import FindOwner
from apps.identity.application.open_session import OpenSession, SignedIn
from apps.identity.application.ports import Passwords
from apps.identity.application.second_factor import ProveSecondFactor
from apps.identity.application.throttles import Attempts
from apps.identity.contract import Directory
from apps.identity.domain.one_time_token import OneTimeTokenRepository, Purpose
from apps.identity.domain.password import PasswordPolicy, composed
from apps.identity.domain.second_factor import Method
from apps.identity.domain.session import InvalidCredentials, SessionId, SessionRepository
from apps.identity.domain.throttle import CODES, PROVE, SIGN_IN
from apps.identity.domain.user import UserRepository, email_key
from apps.shared.application.access import Caller
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import InvalidToken
from apps.shared.domain.ids import Clock, MemberId

ENDED_BY_A_NEW_PASSWORD = (Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL)
"""What somebody may have begun who knew the old one, or read the mail."""

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True)
class ProvePassword:
    """Hold that somebody knows the password of an account."""

    users: UserRepository
    passwords: Passwords
    attempts: Attempts

    async def __call__(self, member: MemberId, password: str) -> None:
        """Raise InvalidCredentials, or TooManyAttempts; what is tried is counted first."""
        await self.attempts.count(PROVE, str(member))
        known = await self.users.credentials_of(member)
        right = known.password_hash if known else None
        if not await self.passwords.matches(composed(password), right):
            audit.info("wrong password member=%s", member)
            raise InvalidCredentials
        await self.attempts.forgive(PROVE, str(member))


@dataclass(frozen=True, slots=True)
class Reauthenticate:
    """Give your password again, or a code of your authenticator; what is given has to be right.

    For five minutes this device may do what is asked for it.
    """

    work: UnitOfWork
    prove: ProvePassword
    prove_code: ProveSecondFactor
    attempts: Attempts
    sessions: SessionRepository
    clock: Clock

    async def __call__(
        self, caller: Caller, *, password: str | None = None, code: str | None = None
    ) -> datetime:
        """Return from when on the five minutes count; without a code, the password is asked."""
        if password is not None or code is None:
            await self.prove(caller.member_id, password or "")
        else:
            await self.attempts.count(CODES, str(caller.member_id))
        now = self.clock.now()
        async with self.work:
            if code is not None:
                await self.prove_code(caller.member_id, Method.TOTP, code, at=now)
            if not await self.sessions.reauthenticate(SessionId(caller.session_id), at=now):
                raise InvalidToken
        if code is not None:
            await self.attempts.forgive(CODES, str(caller.member_id))
        audit.info("proven again session=%s", caller.session_id)
        return now


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Choose another password: all devices are signed out, and the one that asks gets new tokens.

    Links that were mailed to set a password, or to move to another address, serve no longer.
    """

    work: UnitOfWork
    prove: ProvePassword
    users: UserRepository
    sessions: SessionRepository
    one_time_tokens: OneTimeTokenRepository
    passwords: Passwords
    policy: PasswordPolicy
    owner: FindOwner
    attempts: Attempts
    directory: Directory
    open: OpenSession
    audit: AuditLog
    clock: Clock

    async def __call__(
        self, caller: Caller, *, current_password: str, new_password: str
    ) -> SignedIn:
        member = caller.member_id
        owner = await self.owner(member)
        new_password = self.policy.check(new_password, about=owner.known, staff=owner.is_staff)
        await self.prove(member, current_password)
        password_hash, now = await self.passwords.hash(new_password), self.clock.now()
        async with self.work:
            await self.directory.lock([member])
            session = await self.sessions.seen(SessionId(caller.session_id))
            if session is None or session.revoked_at is not None:
                raise InvalidToken  # ended while the password was hashed
            user = await self.users.get(member)
            user.change_password(password_hash, at=now)
            await self.users.save(user)
            await self.one_time_tokens.cancel(of=member, purposes=ENDED_BY_A_NEW_PASSWORD)
            await self.sessions.end_all(of=member, but=None, at=now)
            signed_in = await self.open(
                member,
                session.device,
                at=now,
                amr=session.amr,
                staff=user.role.is_staff,
                delivery=session.delivery,
            )
            await self.audit.write("password.change", actor=member)
        await self.attempts.forgive(SIGN_IN, email_key(owner.email))
        audit.info("password changed member=%s session=%s", member, signed_in.session_id)
        return signed_in
