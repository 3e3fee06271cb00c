"""Behind the first factor: a session, or a ticket to get one with a second factor."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from apps.identity.application.open_session import OpenSession, SignedIn
from apps.identity.application.ports import OneTimeSecrets
from apps.identity.application.throttles import Attempts
from apps.identity.contract import Directory
from apps.identity.domain.one_time_token import InvalidOrExpiredToken
from apps.identity.domain.second_factor import (
    SECOND_FACTOR,
    Authenticator,
    InvalidMfaCode,
    Method,
    Ticket,
)
from apps.identity.domain.session import Delivery, Device, InvalidCredentials
from apps.identity.domain.throttle import CODES
from apps.identity.domain.user import Role, Status, UserRepository
from apps.shared.application.audit import AuditLog, Result
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What decides how a member is let in."""

    role: Role
    second_factor: bool
    status: Status
    password_hash: str


class SecondFactors(Protocol):
    """Authenticators, codes on paper and tickets; each change says itself what it may change."""

    async def means(self, member: MemberId) -> Means:
        """Return what a member has, until the unit of work ends; raise UserNotFound."""
        ...

    async def authenticator(self, member: MemberId) -> Authenticator | None:
        """Return it, confirmed or not."""
        ...

    async def enroll(self, authenticator: Authenticator, *, at: datetime) -> bool:
        """Keep an unconfirmed one in place of any other such; False where one is confirmed."""
        ...

    async def use(self, member: MemberId, step: int) -> bool:
        """Note the step of a code, once; False for it and all before it from then on."""
        ...

    async def confirm(self, member: MemberId, *, at: datetime) -> None:
        """Let it count from now on."""
        ...

    async def remove(self, member: MemberId) -> bool:
        """Forget it with its codes on paper; False where no confirmed one is there."""
        ...

    async def replace_codes(self, member: MemberId, digests: Collection[str]) -> None:
        """Let these serve, and no others."""
        ...

    async def use_code(self, member: MemberId, digest: str) -> bool:
        """Use a code up, once."""
        ...

    async def open_ticket(self, ticket: Ticket, *, at: datetime) -> None:
        """Keep a ticket, and forget those of this member that are too old."""
        ...

    async def attempt(self, digest: str, *, at: datetime) -> Ticket | None:
        """Count an attempt, kept at once whatever comes of it; None where none is left."""
        ...

    async def close_ticket(self, digest: str) -> bool:
        """Use it up, once."""
        ...


class AuthenticatorCodes(Protocol):
    """What an authenticator and the service share."""

    def draw(self, of: MemberId) -> tuple[str, str]:
        """Return a new secret as a member types it in, and sealed so that it is only theirs."""
        ...

    def uri(self, secret: str, *, account: str) -> str:
        """Return what an authenticator reads as a picture."""
        ...

    def step(self, sealed: str, code: str, *, of: MemberId, at: datetime) -> int | None:
        """Return of which step this is the code, now, just before or just after; None if none."""
        ...


class RecoveryCodes(Protocol):
    """Codes on paper."""

    def draw(self) -> str:
        """Return one that nobody can guess."""
        ...

    def digest(self, code: str) -> str:
        """Return what is kept of it, however it is typed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorWanted:
    """What is said to who has shown the first factor only."""

    ticket: str
    methods: tuple[Method, ...] = (Method.TOTP, Method.RECOVERY_CODE)


@dataclass(frozen=True, slots=True)
class LetIn:
    """Sign in who has shown the first factor, or ask for a second; within a unit of work."""

    factors: SecondFactors
    secrets: OneTimeSecrets
    open: OpenSession
    audit: AuditLog

    async def __call__(
        self,
        member: MemberId,
        device: Device,
        *,
        amr: str,
        at: datetime,
        delivery: Delivery = Delivery.BODY,
        by_password_hash: str | None = None,
    ) -> SignedIn | SecondFactorWanted:
        """`amr` says what the first factor was, as `pwd` does.

        Raise InvalidCredentials where, now that the account is locked, it is suspended, or its
        password is another one than was shown.
        """
        means = await self.factors.means(member)
        other = by_password_hash is not None and by_password_hash != means.password_hash
        if other or means.status is not Status.ACTIVE:
            raise InvalidCredentials
        if not means.second_factor:
            signed_in = await self.open(
                member, device, at=at, amr=amr, staff=means.role.is_staff, delivery=delivery
            )
            await self.audit.write(
                "login", actor=member, session=str(signed_in.session_id), amr=amr
            )
            return signed_in
        token = self.secrets.draw()
        ticket = Ticket.issue(
            self.secrets.digest(token),
            member_id=member,
            amr=amr,
            device_name=device.name,
            delivery=delivery,
            at=at,
        )
        await self.factors.open_ticket(ticket, at=at)
        return SecondFactorWanted(ticket=token)


@dataclass(frozen=True, slots=True)
class ProveSecondFactor:
    """Hold that somebody has the second factor, and use the code up; within a unit of work."""

    factors: SecondFactors
    codes: AuthenticatorCodes
    recovery: RecoveryCodes

    async def __call__(self, member: MemberId, method: Method, code: str, *, at: datetime) -> None:
        """Raise InvalidMfaCode."""
        if method is Method.RECOVERY_CODE:
            right = await self.factors.use_code(member, self.recovery.digest(code))
        else:
            known = await self.factors.authenticator(member)
            right = bool(known and known.confirmed) and await self.step(known, code, at=at)
        if not right:
            raise InvalidMfaCode

    async def step(self, known: Authenticator | None, code: str, *, at: datetime) -> bool:
        """Use a code of an authenticator up, confirmed or not."""
        if known is None:
            return False
        member = known.member_id
        step = self.codes.step(known.sealed, code, of=member, at=at)
        return step is not None and await self.factors.use(member, step)


@dataclass(frozen=True, slots=True)
class VerifySecondFactor:
    """Sign in by the ticket of the first factor and a code; five wrong ones, and it serves no more.

    A code serves once.
    """

    work: UnitOfWork
    factors: SecondFactors
    secrets: OneTimeSecrets
    prove: ProveSecondFactor
    users: UserRepository
    directory: Directory
    open: OpenSession
    audit: AuditLog
    attempts: Attempts
    clock: Clock

    async def __call__(self, token: str, *, method: Method, code: str, device: Device) -> SignedIn:
        now = self.clock.now()
        ticket = await self.factors.attempt(self.secrets.digest(token), at=now)
        if ticket is None:
            raise InvalidOrExpiredToken
        await self.attempts.count(CODES, str(ticket.member_id))
        try:
            async with self.work:
                signed_in = await self._let_in(ticket, method, code, device, at=now)
        except InvalidMfaCode:
            async with self.work:
                await self.audit.write(
                    "mfa", actor=None, target=ticket.member_id, result=Result.REFUSED
                )
            raise
        await self.attempts.forgive(CODES, str(ticket.member_id))
        return signed_in

    async def _let_in(
        self, ticket: Ticket, method: Method, code: str, device: Device, *, at: datetime
    ) -> SignedIn:
        member = ticket.member_id
        await self.directory.lock([member])
        user = await self.users.get(member)
        await self.prove(member, method, code, at=at)
        closed = await self.factors.close_ticket(ticket.digest)
        if not closed or user.status is not Status.ACTIVE:
            raise InvalidOrExpiredToken
        amr = f"{ticket.amr} {SECOND_FACTOR}"
        signed_in = await self.open(
            member,
            replace(device, name=ticket.device_name),
            at=at,
            amr=amr,
            staff=user.role.is_staff,
            delivery=ticket.delivery,
        )
        await self.audit.write(
            "login", actor=member, session=str(signed_in.session_id), amr=amr, method=method
        )
        return signed_in
