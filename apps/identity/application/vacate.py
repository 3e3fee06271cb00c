"""Making sure that nobody opens an account by anything they have had until now."""

from dataclasses import dataclass
from datetime import datetime

from apps.identity.domain.linked_identity import LinkedIdentityRepository
from apps.identity.domain.one_time_token import OneTimeTokenRepository, Purpose
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.user import User, UserRepository


@dataclass(frozen=True, slots=True)
class Vacate:
    """Void the password, linked identities, mailed tokens and sessions of a locked account."""

    users: UserRepository
    identities: LinkedIdentityRepository
    one_time_tokens: OneTimeTokenRepository
    sessions: SessionRepository

    async def __call__(self, user: User, *, at: datetime) -> None:
        user.drop_password(at=at)
        await self.users.save(user)
        await self.identities.unlink_all(of=user.id)
        await self.one_time_tokens.cancel(of=user.id, purposes=[*Purpose])
        await self.sessions.end_all(of=user.id, but=None, at=at)
