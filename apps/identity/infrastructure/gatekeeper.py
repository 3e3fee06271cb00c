"""Who holds this token: the signature says which session, the session's row whether it lives."""

from sqlalchemy import bindparam, select

from apps.identity.domain.second_factor import is_strong
from apps.identity.domain.session import SessionRepository
from apps.identity.domain.user import Status
from apps.identity.infrastructure.models import RefreshSessionModel, UserModel
from apps.identity.infrastructure.tokens import Tokens
from apps.shared.application.access import Caller, Gatekeeper
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import InvalidToken
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

LIVE_SESSION = Question(
    select(
        RefreshSessionModel.confirmed_generation,
        RefreshSessionModel.auth_time,
        RefreshSessionModel.amr,
        UserModel.role,
    )
    .join(UserModel, UserModel.id == RefreshSessionModel.user_id)
    .where(
        RefreshSessionModel.id == bindparam("session"),
        UserModel.id == bindparam("member"),
        UserModel.status == Status.ACTIVE,
        RefreshSessionModel.revoked_at.is_(None),
        RefreshSessionModel.expires_at > bindparam("now"),
    )
)


class SessionGatekeeper(Gatekeeper):
    """Looks the session up on every request, so that signing out acts at once."""

    def __init__(
        self,
        tokens: Tokens,
        reads: Reads,
        clock: Clock,
        work: UnitOfWork,
        sessions: SessionRepository,
    ) -> None:
        self._tokens = tokens
        self._reads = reads
        self._clock = clock
        self._work = work
        self._sessions = sessions

    async def __call__(self, token: str) -> Caller:
        """Verify, look up, and note the first use of a new generation."""
        now = self._clock.now()
        claims = self._tokens.read_access(token, at=now)
        for row in await self._reads(
            LIVE_SESSION, session=claims.session_id, member=claims.member_id, now=now
        ):
            if row.confirmed_generation < claims.generation:
                async with self._work:
                    await self._sessions.confirm(claims.session_id, claims.generation)
            return Caller(
                member_id=claims.member_id,
                session_id=claims.session_id,
                auth_time=row.auth_time,
                lacks_second_factor=row.role.is_staff and not is_strong(row.amr),
            )
        raise InvalidToken
