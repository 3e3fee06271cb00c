"""The sessions that members have opened before, and the tokens of the installation for them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from uuid_utils.compat import uuid7

from apps.identity.application.open_session import IssueTokens
from apps.identity.domain.session import Device, Session, SessionId
from apps.identity.infrastructure.keys import load_or_create
from apps.identity.infrastructure.tokens import Tokens
from apps.settings import Settings
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.clock import TimeOrderedIds
from bench.people import Kind, id_of

NONCE = "n" * 43


class Visitors:
    """One session for each member, all opened at one moment, under the keys of an installation."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.tokens = Tokens(load_or_create(data / "keys"), Settings().issuer)
        self.opened_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)

    def session(self, member: int) -> Session:
        """Return a session as it was opened."""
        return Session.open(
            SessionId(id_of(Kind.SESSION, member)),
            user_id=MemberId(id_of(Kind.MEMBER, member)),
            nonce=NONCE,
            mac_kid=self.tokens.mac_kid,
            device=Device(name=None, user_agent=None, ip_trunc=None),
            at=self.opened_at,
        )

    def refresh_token(self, member: int) -> str:
        """Return the first one of a session, good for one refresh."""
        return IssueTokens(self.tokens, TimeOrderedIds()).refresh_token(self.session(member))

    def digest(self, member: int) -> str:
        """Return what the database keeps of it."""
        return self.tokens.digest(self.refresh_token(member))

    def access_token(self, member: int) -> str:
        """Return a new one, good for ten minutes."""
        return self.tokens.access(
            member=MemberId(id_of(Kind.MEMBER, member)),
            session=SessionId(id_of(Kind.SESSION, member)),
            generation=0,
            auth_time=self.opened_at,
            at=datetime.now(UTC),
            jti=uuid7(),
        )
