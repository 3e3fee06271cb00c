"""Opening a session on a device, and giving it tokens."""

from dataclasses import dataclass
from datetime import datetime

from apps.identity.application.ports import SessionTokens
from apps.identity.domain.session import (
    MOST_SESSIONS,
    STAFF_TERMS,
    TERMS,
    Delivery,
    Device,
    Session,
    SessionId,
    SessionRepository,
)
from apps.shared.domain.ids import Ids, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The two tokens of a device, how it gets the second, and the moments at which they end."""

    session_id: SessionId
    access_token: str
    refresh_token: str
    delivery: Delivery
    refresh_expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class IssueTokens:
    """Give a device an access token beside the refresh token of its present generation."""

    tokens: SessionTokens
    ids: Ids

    def __call__(self, session: Session, refresh_token: str, *, at: datetime) -> SignedIn:
        return SignedIn(
            session_id=session.id,
            access_token=self.tokens.access(
                member=session.user_id,
                session=session.id,
                generation=session.generation,
                auth_time=session.auth_time,
                at=at,
                jti=self.ids.next(),
            ),
            refresh_token=refresh_token,
            delivery=session.delivery,
            refresh_expires_at=session.idle_expires_at,
            at=at,
        )

    def refresh_token(self, session: Session) -> str:
        """Return the one refresh token of this generation, computed from the session alone."""
        return self.tokens.refresh(
            session=session.id,
            generation=session.generation,
            nonce=session.nonce,
            mac_kid=session.mac_kid,
            issued_at=session.rotated_at,
            expires_at=session.idle_expires_at,
        )


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Sign a member in on a device, within the unit of work of the reason for it."""

    sessions: SessionRepository
    tokens: SessionTokens
    issue: IssueTokens
    ids: Ids

    async def __call__(
        self,
        member: MemberId,
        device: Device,
        *,
        at: datetime,
        amr: str,
        staff: bool,
        delivery: Delivery = Delivery.BODY,
    ) -> SignedIn:
        """Let it end sooner for `staff`."""
        session = Session.open(
            SessionId(self.ids.next()),
            user_id=member,
            nonce=self.tokens.new_nonce(),
            mac_kid=self.tokens.mac_kid,
            device=device,
            at=at,
            delivery=delivery,
            amr=amr,
            terms=STAFF_TERMS if staff else TERMS,
        )
        refresh_token = self.issue.refresh_token(session)
        session.current_hash = self.tokens.digest(refresh_token)
        await self.sessions.add(session)
        await self.sessions.revoke_oldest(member, keep=MOST_SESSIONS, at=at)
        return self.issue(session, refresh_token, at=at)
