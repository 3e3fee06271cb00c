"""Signing in, staying signed in, and signing out."""

import logging
from dataclasses import dataclass
from datetime import datetime

from apps.identity.application.open_session import IssueTokens, SignedIn
from apps.identity.application.ports import Passwords, RefreshClaims, SessionTokens
from apps.identity.application.second_factor import LetIn, SecondFactorWanted
from apps.identity.application.throttles import Attempts, Floods
from apps.identity.domain.password import composed
from apps.identity.domain.session import (
    BY_PASSWORD,
    Delivery,
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
from apps.identity.domain.throttle import SIGN_IN, SIGNING_IN
from apps.identity.domain.user import (
    AccountSuspended,
    Credentials,
    Status,
    UserRepository,
    email_key,
)
from apps.shared.application.access import Caller
from apps.shared.application.audit import AuditLog, Result
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.ids import Clock, MemberId

audit = logging.getLogger("kcs.audit")


@dataclass(frozen=True, slots=True)
class RecogniseDevice:
    """Tell by a refresh token whether a member was signed in on this device before.

    Nobody may have signed it out, or it might be in other hands; its time may be over.
    """

    sessions: SessionRepository
    tokens: SessionTokens

    async def __call__(self, token: str | None, *, of: MemberId | None) -> SessionId | None:
        """Return the session; None where anything about the token is not right."""
        if token is None:
            return None
        try:
            claims = self.tokens.read_refresh(token)
        except InvalidRefreshToken:
            return None
        session = await self.sessions.seen(claims.session_id)
        if session is None or session.user_id != of or session.revoked_at is not None:
            return None
        newest = self.tokens.digest(token) in {session.current_hash, session.previous_hash}
        ours = self.tokens.verify_refresh(token, claims, nonce=session.nonce)
        return session.id if newest and ours else None


@dataclass(frozen=True, slots=True)
class SignIn:
    """Open a session for who knows the password; an unknown address costs the same work.

    Ten failures are free, then a pause follows each one, and a hundred in a row end it until
    another password is set. That an account is suspended hears who knows its password, and nobody
    else. A device that shows a refresh token it had before is counted apart.
    Who has set a second factor up gets a ticket first, for `/auth/mfa/verify`.
    """

    work: UnitOfWork
    users: UserRepository
    passwords: Passwords
    let_in: LetIn
    audit: AuditLog
    recognise: RecogniseDevice
    attempts: Attempts
    floods: Floods
    clock: Clock

    async def __call__(
        self,
        *,
        email: str,
        password: str,
        device: Device,
        delivery: Delivery,
        host: str | None = None,
        refresh_token: str | None = None,
    ) -> SignedIn | SecondFactorWanted:
        await self.floods.enter(SIGNING_IN, host)
        known, password = await self.users.credentials(email), composed(password)
        tried_on = [email_key(email)]
        if device_id := await self.recognise(refresh_token, of=known.id if known else None):
            tried_on.append(str(device_id))
        locks = await self.attempts.count(SIGN_IN, *tried_on)
        right = await self.passwords.matches(password, known.password_hash if known else None)
        sprays = not right and await self.floods.fail(email_key(email), host)
        if known is None or not right or known.status is not Status.ACTIVE:
            await self._note_refusal(email, known, locks=locks, sprays=sprays)
            suspended = known is not None and right and known.status is Status.SUSPENDED
            raise AccountSuspended if suspended else InvalidCredentials
        await self.attempts.forgive(SIGN_IN, *tried_on)
        better = await self._better_hash(known, password)
        async with self.work:
            now = self.clock.now()
            entry = await self.let_in(
                known.id,
                device,
                amr=BY_PASSWORD,
                at=now,
                delivery=delivery,
                by_password_hash=known.password_hash,
            )
            if better is not None:  # it is still the password: that was looked at just now
                user = await self.users.get(known.id)
                user.rehash(better, at=now)
                await self.users.save(user)
        audit.info("password shown member=%s", known.id)
        return entry

    async def _note_refusal(
        self, email: str, known: Credentials | None, *, locks: bool, sprays: bool
    ) -> None:
        """Say in one entry that it locks the account, and that a network tries many accounts."""
        seen = {"locks": locks, "many_accounts": sprays}
        async with self.work:
            await self.audit.write(
                "login",
                actor=None,
                target=known.id if known else self.audit.pseudonym(email_key(email)),
                result=Result.REFUSED,
                **{name: True for name, so in seen.items() if so},
            )
        audit.info("login failed")

    async def _better_hash(self, known: Credentials, password: str) -> str | None:
        outdated = self.passwords.is_outdated(known.password_hash)
        return await self.passwords.hash(password) if outdated else None


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Swap a refresh token for its successor; a retry gets the same one, a thief ends them all."""

    work: UnitOfWork
    sessions: SessionRepository
    tokens: SessionTokens
    issue: IssueTokens
    audit: AuditLog
    clock: Clock

    async def __call__(self, token: str, delivery: Delivery = Delivery.BODY) -> SignedIn:
        claims = self.tokens.read_refresh(token)
        token_hash, now = self.tokens.digest(token), self.clock.now()
        session = await self._verified(token, claims, delivery)
        verdict = session.judge(claims.generation, token_hash, at=now)
        if verdict is Verdict.ROTATE:
            if signed_in := await self._rotate(session, at=now):
                return signed_in
            session = await self._verified(token, claims, delivery)  # somebody else was first
            verdict = session.judge(claims.generation, token_hash, at=now)
        if verdict is Verdict.REPLAY:
            return self.issue(session, self.issue.refresh_token(session), at=now)
        raise await self._refusal(session, verdict, at=now)

    async def _verified(self, token: str, claims: RefreshClaims, delivery: Delivery) -> Session:
        session = await self.sessions.seen(claims.session_id)
        if session is None or not self.tokens.verify_refresh(token, claims, nonce=session.nonce):
            raise InvalidRefreshToken
        if session.delivery is not delivery:
            audit.warning("refresh token by another way session=%s way=%s", session.id, delivery)
            async with self.work:
                await self._note_refusal(session, "another-way")
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
            await self._note_refusal(session, reason)

    async def _note_refusal(self, session: Session, reason: str) -> None:
        await self.audit.write(
            "refresh",
            actor=None,
            target=session.user_id,
            result=Result.REFUSED,
            session=str(session.id),
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class SignOut:
    """End the session that a refresh token or an access token belongs to; unknown ones are fine."""

    work: UnitOfWork
    sessions: SessionRepository
    tokens: SessionTokens
    clock: Clock

    async def __call__(
        self,
        *,
        refresh_token: str | None,
        caller: Caller | None,
        delivery: Delivery = Delivery.BODY,
    ) -> None:
        session_id = SessionId(caller.session_id) if caller else None
        if refresh_token is not None:
            session_id = await self._of(refresh_token, delivery) or session_id
        if session_id is None:
            return
        async with self.work:
            ended = await self.sessions.revoke(
                session_id, reason=RevokeReason.LOGOUT, at=self.clock.now()
            )
        if ended:
            audit.info("logout session=%s", session_id)

    async def _of(self, token: str, delivery: Delivery) -> SessionId | None:
        try:
            claims = self.tokens.read_refresh(token)
        except InvalidRefreshToken:
            return None
        session = await self.sessions.seen(claims.session_id)
        if session is None or session.delivery is not delivery:
            return None
        known = self.tokens.verify_refresh(token, claims, nonce=session.nonce)
        return claims.session_id if known else None
