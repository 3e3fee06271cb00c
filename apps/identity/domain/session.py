"""A session: one signed-in device, its chain of refresh tokens, and how a token is judged.

Every refresh makes the next generation of the token. The row keeps the digests of the newest two,
never a token; the successor of a token can be computed again, so a repeated request gets the same
answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto
from typing import NewType, Protocol, Self
from uuid import UUID

from apps.identity.domain.throttle import REFRESHES, RateLimited, seconds
from apps.shared.domain.errors import NotFound, Unauthenticated
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

SessionId = NewType("SessionId", UUID)

REPLAY_WINDOW = timedelta(seconds=10)
UNCONFIRMED_REPLAY_WINDOW = timedelta(hours=1)
MOST_SESSIONS = 20
BY_PASSWORD = "pwd"  # noqa: S105
BY_PROVIDER = "fed"
"""How a member proved who they are, in the words of tokens elsewhere (`amr`)."""


class SessionNotFound(NotFound):
    """There is no such session of yours."""


class InvalidCredentials(Unauthenticated):
    """No account has this address and password."""


class InvalidRefreshToken(Unauthenticated):
    """This refresh token is not valid; sign in again."""


class RefreshTokenReused(Unauthenticated):
    """This refresh token was used before; for safety the device was signed out."""


class SessionExpired(Unauthenticated):
    """This session has ended with time; sign in again."""


class Delivery(StrEnum):
    """Where the refresh token travels; a session keeps to one of them."""

    BODY = "body"
    COOKIE = "cookie"


class RevokeReason(StrEnum):
    """Why a session was ended before its time."""

    LOGOUT = "logout"
    REUSE = "reuse"
    IMPOSSIBLE = "impossible"
    TOO_MANY = "too_many"


class Verdict(StrEnum):
    """What a well-signed refresh token deserves."""

    ROTATE = auto()
    REPLAY = auto()
    REUSED = auto()
    IMPOSSIBLE = auto()
    REVOKED = auto()
    EXPIRED = auto()


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a session lasts that is not refreshed, and how long at most."""

    idle: timedelta
    lifetime: timedelta

    def idle_end(self, at: datetime, expires_at: datetime) -> datetime:
        """Return when a session refreshed now ends unless it is refreshed again."""
        return min(at + self.idle, expires_at)


TERMS = Terms(idle=timedelta(days=14), lifetime=timedelta(days=90))
STAFF_TERMS = Terms(idle=timedelta(minutes=30), lifetime=timedelta(hours=12))


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What is known of a device: as its user, its program and its address tell it."""

    name: str | None
    user_agent: str | None
    ip_trunc: str | None


@dataclass(kw_only=True, eq=False)
class Session(Aggregate[SessionId]):
    """Rotated only by the repository's compare-and-swap, never by loading and saving."""

    user_id: MemberId
    nonce: str
    mac_kid: int
    generation: int
    current_hash: str
    previous_hash: str | None
    confirmed_generation: int
    delivery: Delivery
    device: Device
    amr: str
    auth_time: datetime
    created_at: datetime
    rotated_at: datetime
    refreshes: int
    refreshes_since: datetime
    idle_expires_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoke_reason: RevokeReason | None

    @classmethod
    def open(
        cls,
        id: SessionId,
        *,
        user_id: MemberId,
        nonce: str,
        mac_kid: int,
        device: Device,
        at: datetime,
        delivery: Delivery = Delivery.BODY,
        amr: str = BY_PASSWORD,
        terms: Terms = TERMS,
    ) -> Self:
        """Begin a session of a member who has just proved who they are; `issue` comes next."""
        expires_at = at + terms.lifetime
        return cls(
            id=id,
            user_id=user_id,
            nonce=nonce,
            mac_kid=mac_kid,
            generation=0,
            current_hash="",
            previous_hash=None,
            confirmed_generation=0,
            delivery=delivery,
            device=device,
            amr=amr,
            auth_time=at,
            created_at=at,
            rotated_at=at,
            refreshes=0,
            refreshes_since=at,
            idle_expires_at=terms.idle_end(at, expires_at),
            expires_at=expires_at,
            revoked_at=None,
            revoke_reason=None,
        )

    def successor(self, *, mac_kid: int, at: datetime) -> Self:
        """Return this session one generation on; the digest of its new token comes next.

        Raises RateLimited, which changes nothing.
        """
        since = self.refreshes_since
        if at >= since + REFRESHES.window:
            count, since = 1, at
        elif self.refreshes < REFRESHES.count:
            count = self.refreshes + 1
        else:
            wait = seconds(since + REFRESHES.window - at)
            raise RateLimited(quota=REFRESHES, retry_after=wait)
        return replace(
            self,
            generation=self.generation + 1,
            mac_kid=mac_kid,
            previous_hash=self.current_hash,
            rotated_at=at,
            refreshes=count,
            refreshes_since=since,
            idle_expires_at=self.terms.idle_end(at, self.expires_at),
        )

    @property
    def terms(self) -> Terms:
        """Those that it was opened under, whatever role its member has now."""
        brief = self.expires_at - self.created_at <= STAFF_TERMS.lifetime
        return STAFF_TERMS if brief else TERMS

    def judge(self, generation: int, token_hash: str, *, at: datetime) -> Verdict:
        """Classify a well-signed token of this session by its generation and digest."""
        if self.revoked_at is not None:
            return Verdict.REVOKED
        if at >= min(self.expires_at, self.idle_expires_at):
            return Verdict.EXPIRED
        if generation > self.generation:
            return Verdict.IMPOSSIBLE
        if generation == self.generation:
            return Verdict.ROTATE if token_hash == self.current_hash else Verdict.REVOKED
        if generation < self.generation - 1 or token_hash != self.previous_hash:
            return Verdict.REUSED
        unconfirmed = self.confirmed_generation < self.generation
        window = UNCONFIRMED_REPLAY_WINDOW if unconfirmed else REPLAY_WINDOW
        return Verdict.REPLAY if at - self.rotated_at <= window else Verdict.REUSED


class SessionRepository(Protocol):
    """All sessions. Each change is one statement that says itself what it may change."""

    async def add(self, entity: Session, /) -> None:
        """Keep a new session."""
        ...

    async def seen(self, id: SessionId) -> Session | None:
        """Return the session as it is committed now, outside of any unit of work."""
        ...

    async def rotate(self, seen: Session, successor: Session) -> bool:
        """Compare and swap, at once and outside of any unit of work.

        False where the row is no longer as seen, or has ended.
        """
        ...

    async def revoke(self, id: SessionId, *, reason: RevokeReason, at: datetime) -> bool:
        """End a live session; False where it had ended."""
        ...

    async def end(self, id: SessionId, *, of: MemberId, at: datetime) -> bool:
        """Sign out a live session of this user; False where there is none."""
        ...

    async def end_all(self, *, of: MemberId, but: SessionId | None, at: datetime) -> None:
        """Sign out every live session of a user, except perhaps one.

        Void, too, what waits for a second factor.
        """
        ...

    async def revoke_oldest(self, user_id: MemberId, *, keep: int, at: datetime) -> None:
        """End all but the newest `keep` live sessions of a user."""
        ...

    async def weaken(self, id: SessionId) -> None:
        """Let it count as opened without a second factor."""
        ...

    async def reauthenticate(self, id: SessionId, *, at: datetime) -> bool:
        """Note when the member of a live session proved anew who they are; False if it ended."""
        ...

    async def confirm(self, id: SessionId, generation: int) -> None:
        """Note that an access token of this generation has been used."""
        ...
