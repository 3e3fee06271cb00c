"""The history of a trade as its parties see it, and can check it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.shared.application.pages import Page
from apps.shared.domain.ids import MemberId
from apps.trading.domain.terms import TradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """What happened; `hash` is over all of it, `previous_hash` that of the event before it.

    What a party gave as a reason is in the hash by its `reason_digest` only, salted: so it is gone,
    and the history still holds, when that party has left for good.
    """

    id: UUID
    sequence: int
    kind: str
    revision: int
    actor_id: MemberId | None
    reason: str | None
    reason_salt: str | None
    reason_digest: str | None
    at: datetime
    previous_hash: str | None
    hash: str


class ListEvents(Protocol):
    """What has happened to a trade that you are a party to, oldest first.

    Each event holds the hash of the one before it, so that no one of them can be changed later
    without it showing; the documentation says how to check that (K7).
    """

    async def __call__(
        self, id: TradeId, *, to: MemberId, after: str | None, limit: int
    ) -> Page[EventView]:
        """Raise TradeNotFound, also for a stranger."""
        ...
