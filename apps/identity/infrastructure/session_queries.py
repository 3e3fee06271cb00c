"""The question where a member is signed in."""

from sqlalchemy import bindparam, select

from apps.identity.application.show_sessions import ListSessions, SessionView
from apps.identity.infrastructure.models import RefreshSessionModel
from apps.shared.application.access import Caller
from apps.shared.application.pages import Page
from apps.shared.domain.ids import Clock
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

SESSIONS = Question(
    select(
        RefreshSessionModel.id,
        RefreshSessionModel.device_name,
        RefreshSessionModel.user_agent.label("ua"),
        RefreshSessionModel.ip_trunc,
        RefreshSessionModel.created_at,
        RefreshSessionModel.rotated_at.label("last_used_at"),
        RefreshSessionModel.expires_at,
    )
    .where(
        RefreshSessionModel.user_id == bindparam("member"),
        RefreshSessionModel.revoked_at.is_(None),
        RefreshSessionModel.idle_expires_at > bindparam("now"),
        RefreshSessionModel.id < bindparam("before"),
    )
    .order_by(RefreshSessionModel.id.desc())
    .limit(bindparam("limit"))
)


class SqlListSessions(ListSessions):
    """A range of the member's index of sessions; the idle end never lies behind the last one."""

    def __init__(self, reads: Reads, clock: Clock) -> None:
        self._reads = reads
        self._clock = clock

    async def __call__(self, caller: Caller, *, after: str | None, limit: int) -> Page[SessionView]:
        """Read it, and compare ids with the caller's."""
        page = await self._reads.newest_first(
            SESSIONS, after=after, limit=limit, member=caller.member_id, now=self._clock.now()
        )
        sessions = [
            SessionView(**row._asdict(), current=row.id == caller.session_id) for row in page.items
        ]
        return Page(sessions, page.next)
