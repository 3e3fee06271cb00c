"""What becomes of a ring that a round has found."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NewType
from uuid import UUID

RingId = NewType("RingId", UUID)
RunId = NewType("RunId", UUID)


class RingState(StrEnum):
    """How far it has come; `dissolved` before all had consented, `broken` after that."""

    PLANNED = "planned"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    DISSOLVED = "dissolved"
    BROKEN = "broken"


WAITING = frozenset({RingState.PLANNED, RingState.PROPOSED})
"""Nobody knows yet whether anything comes of it."""
LIVE = WAITING | {RingState.ACCEPTED}


class Dissolution(StrEnum):
    """Why a ring is `dissolved` or `broken`."""

    COPY_UNAVAILABLE = "copy_unavailable"
    PARTY_UNAVAILABLE = "party_unavailable"
    NO_LONGER_WANTED = "no_longer_wanted"
    NOT_PROPOSED = "not_proposed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    RESOLVED = "resolved"


Become = tuple[RingState, Dissolution | None]
NEXT: Mapping[str, Become] = {
    "trade_accepted": (RingState.ACCEPTED, None),
    "trade_reopened": (RingState.PROPOSED, None),
    "trade_completed": (RingState.COMPLETED, None),
    "trade_rejected": (RingState.DISSOLVED, Dissolution.REJECTED),
    "trade_withdrawn": (RingState.DISSOLVED, Dissolution.WITHDRAWN),
    "trade_expired": (RingState.DISSOLVED, Dissolution.EXPIRED),
    "trade_lapsed": (RingState.DISSOLVED, Dissolution.LAPSED),
    "trade_cancelled": (RingState.BROKEN, Dissolution.CANCELLED),
    "trade_resolved": (RingState.BROKEN, Dissolution.RESOLVED),
}
"""What the events of its trade make of a ring."""
HANDED_OVER = "complete_all"
"""The verdict under which all cards are in the hands that they were meant for."""


def follow(state: RingState, kind: str, payload: Mapping[str, object]) -> Become | None:
    """Return what this event makes of a ring; what has ended stays as it is.

    So it does no harm to tell the events of a trade anew.
    """
    if state not in LIVE or kind not in NEXT:
        return None
    if kind == "trade_resolved" and payload.get("reason") == HANDED_OVER:
        return RingState.COMPLETED, None
    return NEXT[kind]
