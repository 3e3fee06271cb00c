"""What identity needs of the world: hashing, tokens, secrets and mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.identity.domain.session import SessionId
from apps.shared.application.jobs import Hopeless
from apps.shared.domain.ids import MemberId


class Passwords(Protocol):
    """Hashes passwords slowly and away from the event loop; Busy when too many wait."""

    async def hash(self, password: str) -> str:
        """Return a salted hash."""
        ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Compare; None, for an account that is not there, costs the same work and fails."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether the hash was made with weaker parameters than today's."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshClaims:
    """What a refresh token says of itself; true only once its signature is verified."""

    session_id: SessionId
    generation: int
    jti: str
    issued_at: datetime
    expires_at: datetime


class SessionTokens(Protocol):
    """Mints both kinds of token and reads refresh tokens."""

    @property
    def mac_kid(self) -> int:
        """The number of the key that new refresh tokens are signed with."""
        ...

    def access(
        self,
        *,
        member: MemberId,
        session: SessionId,
        generation: int,
        auth_time: datetime,
        at: datetime,
        jti: UUID,
    ) -> str:
        """Return a short-lived access token."""
        ...

    def refresh(
        self,
        *,
        session: SessionId,
        generation: int,
        nonce: str,
        mac_kid: int,
        issued_at: datetime,
        expires_at: datetime,
    ) -> str:
        """Return the one refresh token of these values; Busy under a key not known here yet."""
        ...

    def read_refresh(self, token: str) -> RefreshClaims:
        """Read the form only; raise InvalidRefreshToken."""
        ...

    def verify_refresh(self, token: str, claims: RefreshClaims, *, nonce: str) -> bool:
        """Tell whether we signed this token, under any of our keys, for the session's nonce."""
        ...

    def digest(self, token: str) -> str:
        """Return what the database keeps of a token."""
        ...

    def new_nonce(self) -> str:
        """Return the secret of a new session."""
        ...


class OneTimeSecrets(Protocol):
    """Draws tokens that serve once."""

    def draw(self) -> str:
        """Return one that nobody can guess."""
        ...

    def digest(self, token: str) -> str:
        """Return what the database keeps of it."""
        ...


class MailUnsent(Exception):
    """The letter was not taken on now; later it may be."""


class MailRefused(Hopeless):
    """The letter will never be taken on as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One message to one address."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Delivers mail."""

    async def send(self, mail: Mail) -> None:
        """Hand it on; raise MailUnsent or MailRefused, which do not tell to whom it went."""
        ...
