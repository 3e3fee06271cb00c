"""What workers do of the letters that requests have asked for.

A token is made for each attempt to send its letter, and kept as a digest before it is sent. Where
the letter is not taken on, or the worker dies, the next attempt makes another one in its place.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.identity.application.change_email import FindHolder
from apps.identity.application.letters import (
    CHANGE,
    CHANGED,
    DELETION,
    LINKED,
    REGISTRATION,
    RESET,
    VERIFICATION,
    Letters,
)
from apps.identity.application.ports import Mail, Mailer, OneTimeSecrets
from apps.identity.application.throttles import Attempts
from apps.identity.contract import Directory
from apps.identity.domain.one_time_token import OneTimeToken, OneTimeTokenRepository, Purpose
from apps.identity.domain.session import SessionId, SessionRepository
from apps.identity.domain.throttle import LETTERS, TooManyAttempts
from apps.identity.domain.user import Credentials, Status, UserRepository, email_key
from apps.shared.application.jobs import Job, Jobs
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId


@dataclass(frozen=True, slots=True)
class MakeToken:
    """Keep the digest of a new token in place of those before, one attempt after the other."""

    work: UnitOfWork
    one_time_tokens: OneTimeTokenRepository
    secrets: OneTimeSecrets
    directory: Directory
    clock: Clock

    async def __call__(
        self, purpose: Purpose, *, of: MemberId, email: str, until: datetime | None = None
    ) -> str:
        """Return the token, which nobody else has."""
        token = self.secrets.draw()
        async with self.work:
            await self.directory.lock([of])
            await self.one_time_tokens.issue(
                OneTimeToken.issue(
                    self.secrets.digest(token),
                    purpose=purpose,
                    user_id=of,
                    email=email,
                    at=self.clock.now(),
                    until=until,
                )
            )
        return token


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Send what there is to be sent, and be done with the job.

    Of letters that anybody can ask for, an address gets three of each kind within an hour.
    """

    work: UnitOfWork
    jobs: Jobs
    mailer: Mailer
    attempts: Attempts

    async def __call__(
        self, job: Job, letter: Callable[[Mapping[str, Any]], Awaitable[Mail | None]]
    ) -> None:
        """Raise what the mailer raises; then the job is not done."""
        too_many = await self._is_too_many(job)
        await self.at_once(job, None if too_many else await letter(job.payload))

    async def at_once(self, job: Job, mail: Mail | None) -> None:
        """Do so with a letter that nobody else can ask for, if there is one."""
        if mail:
            await self.mailer.send(mail)
        async with self.work:
            await self.jobs.complete(job)

    async def _is_too_many(self, job: Job) -> bool:
        """Count each letter once, however often it has to be sent."""
        if job.attempts > 1:
            return False
        try:
            await self.attempts.count(LETTERS, job.kind, email_key(job.payload["email"]))
        except TooManyAttempts:
            return True
        return False


@dataclass(frozen=True, slots=True)
class WriteOfDeletion:
    """Say how the deletion of an account is called off; a newer letter voids the one before."""

    make: MakeToken
    letters: Letters

    async def __call__(self, leaving: Credentials) -> Mail | None:
        """Return the letter, or None for who is not leaving or cannot come back."""
        if leaving.status is not Status.DELETING or leaving.erase_after is None:
            return None
        token = await self.make(
            Purpose.CANCEL_DELETION,
            of=leaving.id,
            email=leaving.email,
            until=leaving.erase_after,
        )
        return self.letters.deletion(leaving.email, token, leaving.erase_after)


@dataclass(frozen=True, slots=True)
class SendDeletion:
    """Tell a member who leaves how to come back."""

    users: UserRepository
    write: WriteOfDeletion
    dispatch: Dispatch

    async def __call__(self, job: Job) -> None:
        known = await self.users.credentials_of(MemberId(UUID(job.payload["member"])))
        await self.dispatch.at_once(job, await self.write(known) if known else None)


@dataclass(frozen=True, slots=True)
class SendRegistrationLetter:
    """Ask a new member whether the address is right; tell whose it is if it was taken.

    An account that is about to be deleted still has its address, and may be kept instead.
    """

    users: UserRepository
    make: MakeToken
    letters: Letters
    write: WriteOfDeletion
    dispatch: Dispatch

    async def __call__(self, job: Job) -> None:
        await self.dispatch(job, self._letter)

    async def _letter(self, told: Mapping[str, Any]) -> Mail | None:
        known = await self.users.credentials(told["email"])
        if known and known.status is Status.DELETING:
            return await self.write(known)
        if known is None or known.id != UUID(told["member"]):
            return self.letters.already_registered(known.email if known else told["email"])
        if known.email_verified:
            return None
        token = await self.make(Purpose.VERIFY_EMAIL, of=known.id, email=known.email)
        return self.letters.verification(known.email, token)


@dataclass(frozen=True, slots=True)
class SendVerification:
    """Ask once more whether the address is right, where it is somebody's and not confirmed."""

    users: UserRepository
    make: MakeToken
    letters: Letters
    dispatch: Dispatch

    async def __call__(self, job: Job) -> None:
        await self.dispatch(job, self._letter)

    async def _letter(self, told: Mapping[str, Any]) -> Mail | None:
        known = await self.users.credentials(told["email"])
        if known is None or known.status is not Status.ACTIVE or known.email_verified:
            return None
        token = await self.make(Purpose.VERIFY_EMAIL, of=known.id, email=known.email)
        return self.letters.verification(known.email, token)


@dataclass(frozen=True, slots=True)
class SendReset:
    """Send a link to set a new password to the address as its account has it, if there is one.

    As it was typed it may be another: addresses of different people can fold to the same. Who is
    leaving is told how to come back first.
    """

    users: UserRepository
    make: MakeToken
    letters: Letters
    write: WriteOfDeletion
    dispatch: Dispatch

    async def __call__(self, job: Job) -> None:
        await self.dispatch(job, self._letter)

    async def _letter(self, told: Mapping[str, Any]) -> Mail | None:
        known = await self.users.credentials(told["email"])
        if known is None or known.status is not Status.ACTIVE:
            return await self.write(known) if known else None
        token = await self.make(Purpose.RESET_PASSWORD, of=known.id, email=known.email)
        return self.letters.reset(known.email, token)


@dataclass(frozen=True, slots=True)
class SendChange:
    """Ask at the new address whether it is right, while the device that wants it is signed in.

    Or somebody whose sessions were ended for what they did could still take the account along.
    """

    work: UnitOfWork
    users: UserRepository
    sessions: SessionRepository
    holder: FindHolder
    directory: Directory
    make: MakeToken
    letters: Letters
    dispatch: Dispatch

    async def __call__(self, job: Job) -> None:
        await self.dispatch(job, self._letter)

    async def _letter(self, told: Mapping[str, Any]) -> Mail | None:
        email, member = told["email"], MemberId(UUID(told["member"]))
        async with self.work:
            await self.directory.lock([member])
            session = await self.sessions.seen(SessionId(UUID(told["session"])))
            if session is None or session.revoked_at is not None:
                return None
            if await self.holder(email) in {None, member}:
                token = await self.make(Purpose.CHANGE_EMAIL, of=member, email=email)
                return self.letters.change(email, token)
        known = await self.users.credentials(email)
        return self.letters.already_registered(known.email) if known else None


@dataclass(frozen=True, slots=True)
class SendWayBack:
    """Tell the old address that the account has moved, and how to undo that, as long as one can.

    Where somebody has gone back from there meanwhile, this was perhaps the address of a thief.
    """

    work: UnitOfWork
    one_time_tokens: OneTimeTokenRepository
    directory: Directory
    make: MakeToken
    letters: Letters
    dispatch: Dispatch
    clock: Clock

    async def __call__(self, job: Job) -> None:
        email, member = job.payload["email"], MemberId(UUID(job.payload["member"]))
        await self.dispatch.at_once(job, await self._letter(email, member))

    async def _letter(self, email: str, member: MemberId) -> Mail | None:
        async with self.work:
            await self.directory.lock([member])
            if await self.one_time_tokens.claimant(email, at=self.clock.now()) != member:
                return None
            token = await self.make(Purpose.UNDO_EMAIL_CHANGE, of=member, email=email)
        return self.letters.changed(email, token)


@dataclass(frozen=True, slots=True)
class SendLinked:
    """Tell a member that a provider opens the account."""

    users: UserRepository
    letters: Letters
    dispatch: Dispatch

    async def __call__(self, job: Job) -> None:
        known = await self.users.credentials_of(MemberId(UUID(job.payload["member"])))
        await self.dispatch.at_once(job, self.letters.linked(known.email) if known else None)


HANDLERS = {
    REGISTRATION: SendRegistrationLetter,
    VERIFICATION: SendVerification,
    RESET: SendReset,
    CHANGE: SendChange,
    CHANGED: SendWayBack,
    DELETION: SendDeletion,
    LINKED: SendLinked,
}
"""Which letters workers send."""
