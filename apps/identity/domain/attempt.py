"""An attempt to sign in at a provider: begun here, finished here once, within ten minutes.

It is kept by the digest of the `state`, or of the nonce where an app asks the provider itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from apps.identity.domain.session import Delivery, SessionId
from apps.shared.domain.ids import MemberId

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How a code is swapped for an ID token, and, as a digest, what only its beginner holds."""

    holder: str
    verifier: str
    redirect_uri: str
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """Whose account the identity shall open, and the device on which they asked for that."""

    member_id: MemberId
    session_id: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Without an exchange, an app brings the ID token; without a linking, it is to sign in."""

    digest: str
    provider: str
    nonce: str
    exchange: Exchange | None
    linking: Linking | None
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """The moment from which on it is too late."""
        return self.created_at + LIFETIME


class AttemptRepository(Protocol):
    """All attempts. Each change is one statement that says itself what it may change."""

    async def begin(self, attempt: Attempt, /) -> None:
        """Keep a new one."""
        ...

    async def finish(
        self, digest: str, *, provider: str, holder: str | None, at: datetime
    ) -> Attempt | None:
        """Use one up and return it, once; None for another provider or holder, or too late."""
        ...

    async def forget(self, *, at: datetime, limit: int) -> int:
        """Delete some that are too old to be finished, and return how many."""
        ...
