"""Using up what was mailed, and forgetting what nobody has used."""

from dataclasses import dataclass
from datetime import datetime

from apps.identity.application.ports import OneTimeSecrets
from apps.identity.contract import Directory
from apps.identity.domain.one_time_token import (
    InvalidOrExpiredToken,
    OneTimeToken,
    OneTimeTokenRepository,
    Purpose,
)
from apps.identity.domain.user import Status, User, UserRepository
from apps.shared.application.jobs import FORGOTTEN_AT_ONCE
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock


@dataclass(frozen=True, slots=True)
class Redeem:
    """First a token is found, outside of any unit of work; then it is used up within one.

    Accounts are locked before tokens, as whoever cancels tokens does.
    """

    one_time_tokens: OneTimeTokenRepository
    secrets: OneTimeSecrets
    users: UserRepository
    directory: Directory
    clock: Clock

    async def find(self, token: str, purpose: Purpose) -> OneTimeToken:
        """Return it as long as it serves; raise InvalidOrExpiredToken."""
        found = await self.one_time_tokens.seen(
            self.secrets.digest(token), purpose=purpose, at=self.clock.now()
        )
        if found is None:
            raise InvalidOrExpiredToken
        return found

    async def __call__(self, found: OneTimeToken, *, at: datetime) -> User:
        """Return whose it is, for nobody else to change; raise InvalidOrExpiredToken."""
        await self.directory.lock([found.user_id])
        if not await self.one_time_tokens.consume(found.digest, purpose=found.purpose, at=at):
            raise InvalidOrExpiredToken
        user = await self.users.get(found.user_id)
        if user.status is Status.DELETED:
            raise InvalidOrExpiredToken
        return user


@dataclass(frozen=True, slots=True)
class ForgetTokens:
    """Delete tokens that are too old to serve, and the addresses with them."""

    work: UnitOfWork
    one_time_tokens: OneTimeTokenRepository
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were deleted, FORGOTTEN_AT_ONCE where there may be more."""
        async with self.work:
            return await self.one_time_tokens.forget(at=self.clock.now(), limit=FORGOTTEN_AT_ONCE)
