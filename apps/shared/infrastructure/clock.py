"""The clocks of the machine and of the database, and ids that sort by time."""

from collections import deque
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from apps.shared.domain.ids import Clock, Ids
from apps.shared.infrastructure.moments import NOW
from apps.shared.infrastructure.questions import Question
from apps.shared.infrastructure.reads import Reads

NOW_THERE = Question(select(NOW.label("now")))

FRESH_S = 60
"""Seconds for which this machine is trusted to count seconds."""


class SystemClock(Clock):
    """The time of this machine."""

    def now(self) -> datetime:
        """Return it with microseconds, as both databases keep it."""
        return datetime.now(UTC)


class DatabaseClock(Clock):
    """The time of the database, told without asking it each time.

    It counts on from the last answer, and so is late by the time that answer took, never early:
    what has a time limit is not ended before it. Until it is first set it tells the machine's time.
    """

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._set: deque[tuple[datetime, float]] = deque(maxlen=1)

    def now(self) -> datetime:
        """Return the database's time, whatever this machine takes the time for."""
        if not self._set:
            return SystemClock().now()
        there, here = self._set[0]
        return there + timedelta(seconds=monotonic() - here)

    async def follow(self) -> None:
        """Set it by the database if that was a while ago; raise Busy."""
        if not self._set or monotonic() - self._set[0][1] > FRESH_S:
            (row,) = await self._reads(NOW_THERE)
            self._set.append((row.now, monotonic()))


class TimeOrderedIds(Ids):
    """UUIDv7."""

    def next(self) -> UUID:
        """Return an id that carries this millisecond."""
        return uuid7()
