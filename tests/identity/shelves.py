"""The repositories of identity, as their contract is held against each implementation."""

from dataclasses import dataclass

from apps.identity.domain.attempt import AttemptRepository
from apps.identity.domain.block import BlockRepository
from apps.identity.domain.linked_identity import LinkedIdentityRepository
from apps.identity.domain.one_time_token import OneTimeTokenRepository
from apps.identity.domain.profile import ProfileRepository
from apps.identity.domain.session import RevokeReason, Session, SessionRepository
from apps.identity.domain.standing import StandingRepository
from apps.identity.domain.user import UserRepository
from apps.identity.domain.vouch import VouchRepository
from apps.shared.application.work import UnitOfWork


@dataclass
class Shelves:
    """The repositories, with accounts for Ann, Bea and Eve."""

    work: UnitOfWork
    users: UserRepository
    profiles: ProfileRepository
    standings: StandingRepository
    sessions: SessionRepository
    blocks: BlockRepository
    vouches: VouchRepository
    tokens: OneTimeTokenRepository
    identities: LinkedIdentityRepository
    attempts: AttemptRepository

    async def open(self, *sessions: Session) -> None:
        async with self.work:
            for session in sessions:
                await self.sessions.add(session)

    async def ends(self, *sessions: Session) -> list[RevokeReason | None]:
        """Why each was ended, if it was."""
        found = [await self.sessions.seen(session.id) for session in sessions]
        return [session.revoke_reason for session in found if session]
