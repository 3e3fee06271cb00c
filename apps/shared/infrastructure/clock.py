"""The machine's clock, and ids that sort by it."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from apps.shared.domain.ids import Clock, Ids


class SystemClock(Clock):
    """The time of this machine."""

    def now(self) -> datetime:
        """Return it with microseconds, as both databases keep it."""
        return datetime.now(UTC)


class TimeOrderedIds(Ids):
    """UUIDv7."""

    def next(self) -> UUID:
        """Return an id that carries this millisecond."""
        return uuid7()
