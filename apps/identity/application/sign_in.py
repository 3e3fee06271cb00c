"""Signing in, staying signed in, and signing out."""

import logging
from dataclasses import dataclass
from datetime import datetime

from apps.identity.application.ports import Passwords, RefreshClaims, SessionTokens
from apps.identity.domain.session import (
    BY_PASSWORD,
    MOST_SESSIONS,
    Device,
    InvalidCredentials,
    InvalidRefreshToken,
    RefreshTokenReused,
    RevokeReason,
    Session,
    SessionExpired,
    SessionId,
    SessionRepository,
    Verdict,
)
from apps.identity.domain.user import Credentials, Status, UserRepository, composed
from apps.shared.application.access import Caller
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, Ids, MemberId

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The two tokens of a device and the moments at which they end."""

    session_id: SessionId
    access_token: str
    refresh_token: str
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
        self, member: MemberId, device: Device, *, at: datetime, amr: str = BY_PASSWORD
    ) -> SignedIn:
        session = Session.open(
            SessionId(self.ids.next()),
            user_id=member,
            nonce=self.tokens.new_nonce(),
            mac_kid=self.tokens.mac_kid,
            device=device,
            at=at,
            amr=amr,
        )
        refresh_token = self.issue.refresh_token(session)
        session.current_hash = self.tokens.digest(refresh_token)
        await self.sessions.add(session)
        await self.sessions.revoke_oldest(member, keep=MOST_SESSIONS, at=at)
        return self.issue(session, refresh_token, at=at)


@dataclass(frozen=True, slots=True)
class SignIn:
    """Open a session for who knows the password; an unknown address costs the same work."""

    work: UnitOfWork
    users: UserRepository
    passwords: Passwords
    open: OpenSession
    clock: Clock

    async def __call__(self, *, email: str, password: str, device: Device) -> SignedIn:
        known, password = await self.users.credentials(email), composed(password)
        if not await self.passwords.matches(password, known.password_hash if known else None):
            audit.info("login failed")
            raise InvalidCredentials
        if known is None or known.status is not Status.ACTIVE:
            raise InvalidCredentials
        async with self.work:
            signed_in = await self.open(known.id, device, at=self.clock.now())
        await self._renew_hash(known, password)
        audit.info("login session=%s member=%s", signed_in.session_id, known.id)
        return signed_in

    async def _renew_hash(self, known: Credentials, password: str) -> None:
        if not self.passwords.is_outdated(known.password_hash):
            return
        password_hash = await self.passwords.hash(password)
        async with self.work:
            user = await self.users.get(known.id)
            user.rehash(password_hash, at=self.clock.now())
            await self.users.save(user)


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Swap a refresh token for its successor; a retry gets the same one, a thief ends them all."""

    work: UnitOfWork
    sessions: SessionRepository
    tokens: SessionTokens
    issue: IssueTokens
    clock: Clock

    async def __call__(self, token: str) -> SignedIn:
        claims = self.tokens.read_refresh(token)
        token_hash, now = self.tokens.digest(token), self.clock.now()
        session = await self._verified(token, claims)
        verdict = session.judge(claims.generation, token_hash, at=now)
        if verdict is Verdict.ROTATE:
            if signed_in := await self._rotate(session, at=now):
                return signed_in
            session = await self._verified(token, claims)  # somebody else was first
            verdict = session.judge(claims.generation, token_hash, at=now)
        if verdict is Verdict.REPLAY:
            return self.issue(session, self.issue.refresh_token(session), at=now)
        raise await self._refusal(session, verdict, at=now)

    async def _verified(self, token: str, claims: RefreshClaims) -> Session:
        session = await self.sessions.seen(claims.session_id)
        if session is None or not self.tokens.verify_refresh(token, claims, nonce=session.nonce):
            raise InvalidRefreshToken
        return session

    async def _rotate(self, session: Session, *, at: datetime) -> SignedIn | None:
        successor = session.successor(mac_kid=self.tokens.mac_kid, at=at)
        refresh_token = self.issue.refresh_token(successor)
        successor.current_hash = self.tokens.digest(refresh_token)
        if await self.sessions.rotate(session, successor):
            return self.issue(successor, refresh_token, at=at)
        return None

    async def _refusal(self, session: Session, verdict: Verdict, *, at: datetime) -> Exception:
        """End the family where the token was stolen, and only then say no."""
        if verdict is Verdict.EXPIRED:
            return SessionExpired()
        if verdict is Verdict.REUSED:
            await self._revoke(session, RevokeReason.REUSE, at=at)
            audit.warning("refresh token reused session=%s", session.id)
            return RefreshTokenReused()
        if verdict is Verdict.IMPOSSIBLE:
            await self._revoke(session, RevokeReason.IMPOSSIBLE, at=at)
            audit.critical("refresh token of a future generation session=%s", session.id)
        return InvalidRefreshToken()

    async def _revoke(self, session: Session, reason: RevokeReason, *, at: datetime) -> None:
        async with self.work:
            await self.sessions.revoke(session.id, reason=reason, at=at)


@dataclass(frozen=True, slots=True)
class SignOut:
    """End the session that a refresh token or an access token belongs to; unknown ones are fine."""

    work: UnitOfWork
    sessions: SessionRepository
    tokens: SessionTokens
    clock: Clock

    async def __call__(self, *, refresh_token: str | None, caller: Caller | None) -> None:
        session_id = SessionId(caller.session_id) if caller else None
        if refresh_token is not None:
            session_id = await self._of(refresh_token) or session_id
        if session_id is None:
            return
        async with self.work:
            ended = await self.sessions.revoke(
                session_id, reason=RevokeReason.LOGOUT, at=self.clock.now()
            )
        if ended:
            audit.info("logout session=%s", session_id)

    async def _of(self, token: str) -> SessionId | None:
        try:
            claims = self.tokens.read_refresh(token)
        except InvalidRefreshToken:
            return None
        session = await self.sessions.seen(claims.session_id)
        known = session and self.tokens.verify_refresh(token, claims, nonce=session.nonce)
        return claims.session_id if known else None
