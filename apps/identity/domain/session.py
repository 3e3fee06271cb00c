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

from apps.shared.domain.errors import DomainError, NotFound, Unauthenticated
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate

SessionId = NewType("SessionId", UUID)

IDLE = timedelta(days=14)
LIFETIME = timedelta(days=90)
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


class DeliveryNotAvailable(DomainError):
    """Tokens are delivered in the body only."""


class Delivery(StrEnum):
    """Where the refresh token travels."""

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
        amr: str = BY_PASSWORD,
    ) -> Self:
        """Begin a session of a member who has just proved who they are; `issue` comes next."""
        return cls(
            id=id,
            user_id=user_id,
            nonce=nonce,
            mac_kid=mac_kid,
            generation=0,
            current_hash="",
            previous_hash=None,
            confirmed_generation=0,
            delivery=Delivery.BODY,
            device=device,
            amr=amr,
            auth_time=at,
            created_at=at,
            rotated_at=at,
            idle_expires_at=idle_end(at, LIFETIME + at),
            expires_at=at + LIFETIME,
            revoked_at=None,
            revoke_reason=None,
        )

    def successor(self, *, mac_kid: int, at: datetime) -> Self:
        """Return this session one generation on; the digest of its new token comes next."""
        return replace(
            self,
            generation=self.generation + 1,
            mac_kid=mac_kid,
            previous_hash=self.current_hash,
            rotated_at=at,
            idle_expires_at=idle_end(at, self.expires_at),
        )

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


def idle_end(at: datetime, expires_at: datetime) -> datetime:
    """Return when a session refreshed now ends unless it is refreshed again."""
    return min(at + IDLE, expires_at)


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
        """Sign out every live session of a user, except perhaps one."""
        ...

    async def revoke_oldest(self, user_id: MemberId, *, keep: int, at: datetime) -> None:
        """End all but the newest `keep` live sessions of a user."""
        ...

    async def reauthenticate(self, id: SessionId, *, at: datetime) -> bool:
        """Note when the member of a live session proved anew who they are; False if it ended."""
        ...

    async def confirm(self, id: SessionId, generation: int) -> None:
        """Note that an access token of this generation has been used."""
        ...
