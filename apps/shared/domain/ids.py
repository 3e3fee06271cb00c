"""Who members are, and the two things a domain may never make up itself: ids and the time."""

from datetime import datetime
from typing import NewType, Protocol
from uuid import UUID

MemberId = NewType("MemberId", UUID)


class Ids(Protocol):
    """A source of UUIDv7: whatever is made later also sorts later."""

    def next(self) -> UUID:
        """Return an id that was never given before."""
        ...


class Clock(Protocol):
    """The present moment."""

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""
        ...
