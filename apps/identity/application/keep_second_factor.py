"""Setting a second factor up, and doing without it again."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.identity.application.second_factor import (
    AuthenticatorCodes,
    ProveSecondFactor,
    RecoveryCodes,
    SecondFactors,
)
from apps.identity.contract import Directory
from apps.identity.domain.second_factor import (
    RECOVERY_CODES,
    Authenticator,
    InvalidMfaCode,
    TotpEnrolled,
    TotpNotEnrolled,
    is_strong,
)
from apps.identity.domain.session import SessionId, SessionRepository
from apps.identity.domain.user import UserRepository
from apps.shared.application.access import Caller
from apps.shared.application.audit import AuditLog
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import MfaRequired
from apps.shared.domain.ids import Clock, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """What is put into an authenticator, by hand or as a picture."""

    secret: str
    otpauth_uri: str


@dataclass(frozen=True, slots=True)
class EnrollTotp:
    """Get a secret for an authenticator; it counts once a code of it was shown."""

    work: UnitOfWork
    users: UserRepository
    factors: SecondFactors
    codes: AuthenticatorCodes
    directory: Directory
    clock: Clock

    async def __call__(self, member: MemberId) -> Enrollment:
        """Raise TotpEnrolled."""
        secret, sealed = self.codes.draw(member)
        new = Authenticator(member_id=member, sealed=sealed, confirmed=False)
        async with self.work:
            await self.directory.lock([member])  # another one may just be confirmed
            user = await self.users.get(member)
            if not await self.factors.enroll(new, at=self.clock.now()):
                raise TotpEnrolled
        return Enrollment(secret=secret, otpauth_uri=self.codes.uri(secret, account=user.email))


@dataclass(frozen=True, slots=True)
class HoldWithFactor:
    """Lock an account that has a second factor, for a device that was signed in with it.

    Or a password and a device from before would be enough to get around it.
    """

    factors: SecondFactors
    sessions: SessionRepository
    directory: Directory

    async def __call__(self, caller: Caller) -> None:
        """Raise TotpNotEnrolled, MfaRequired."""
        await self.directory.lock([caller.member_id])
        known = await self.factors.authenticator(caller.member_id)
        if known is None or not known.confirmed:
            raise TotpNotEnrolled
        session = await self.sessions.seen(SessionId(caller.session_id))
        if session is None or not is_strong(session.amr):
            raise MfaRequired


@dataclass(frozen=True, slots=True)
class DrawCodes:
    """Give a member ten new codes for the loss of the authenticator; within a unit of work."""

    factors: SecondFactors
    recovery: RecoveryCodes

    async def __call__(self, member: MemberId) -> Sequence[str]:
        codes = [self.recovery.draw() for _ in range(RECOVERY_CODES)]
        await self.factors.replace_codes(member, [self.recovery.digest(code) for code in codes])
        return codes


@dataclass(frozen=True, slots=True)
class ConfirmTotp:
    """Show a code of the new authenticator: from then on, signing in asks for one.

    The codes that are answered are shown this once; each serves once instead of the authenticator.
    Devices that are signed in stay so, but count as signed in without a second factor.
    """

    work: UnitOfWork
    factors: SecondFactors
    prove: ProveSecondFactor
    draw: DrawCodes
    directory: Directory
    audit: AuditLog
    clock: Clock

    async def __call__(self, member: MemberId, *, code: str) -> Sequence[str]:
        """Raise TotpEnrolled, TotpNotEnrolled, InvalidMfaCode."""
        now = self.clock.now()
        async with self.work:
            await self.directory.lock([member])
            known = await self.factors.authenticator(member)
            if known is None:
                raise TotpNotEnrolled
            if known.confirmed:
                raise TotpEnrolled
            if not await self.prove.step(known, code, at=now):
                raise InvalidMfaCode
            await self.factors.confirm(member, at=now)
            await self.audit.write("mfa.enroll", actor=member)
            return await self.draw(member)


@dataclass(frozen=True, slots=True)
class RemoveTotp:
    """Do without the authenticator and its codes; all other devices are signed out.

    The device that asks was signed in with it, or with one of the codes.
    """

    work: UnitOfWork
    hold: HoldWithFactor
    factors: SecondFactors
    sessions: SessionRepository
    audit: AuditLog
    clock: Clock

    async def __call__(self, caller: Caller) -> None:
        """Raise TotpNotEnrolled, MfaRequired."""
        member, session = caller.member_id, SessionId(caller.session_id)
        async with self.work:
            await self.hold(caller)
            _ = await self.factors.remove(member)
            await self.sessions.end_all(of=member, but=session, at=self.clock.now())
            await self.sessions.weaken(session)
            await self.audit.write("mfa.remove", actor=member)


@dataclass(frozen=True, slots=True)
class RenewRecoveryCodes:
    """Get ten new codes in place of those from before.

    The device that asks was signed in with the authenticator, or with one of those.
    """

    work: UnitOfWork
    hold: HoldWithFactor
    draw: DrawCodes
    audit: AuditLog

    async def __call__(self, caller: Caller) -> Sequence[str]:
        """Raise TotpNotEnrolled, MfaRequired."""
        async with self.work:
            await self.hold(caller)
            await self.audit.write("mfa.codes", actor=caller.member_id)
            return await self.draw(caller.member_id)
