"""Where a member is signed in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.identity.domain.session import SessionId
from apps.shared.application.access import Caller
from apps.shared.application.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A signed-in device; last used when its tokens were last refreshed, gone by `expires_at`."""

    id: SessionId
    device_name: str | None
    ua: str | None
    ip_trunc: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class ListSessions(Protocol):
    """The devices you are signed in on, newest first."""

    async def __call__(self, caller: Caller, *, after: str | None, limit: int) -> Page[SessionView]:
        """Return one page of the sessions that have not ended; the caller's own is marked."""
        ...
