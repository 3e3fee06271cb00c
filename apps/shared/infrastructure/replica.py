"""A standby that answers questions as far as it has caught up; writes never go there.

Positions are bytes of PostgreSQL's log. Every failure of the standby is answered by the source, and
gives the standby a rest.
"""

from asyncio import timeout
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Dialect, make_url

from apps.shared.application.consistency import NOWHERE, READING, Positions, Reading
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import MemberId
from apps.shared.infrastructure.database import end_at_once
from apps.shared.infrastructure.drivers import UNREACHABLE, Stack, known_by_asyncpg
from apps.shared.infrastructure.reads import Driver
from apps.shared.infrastructure.sessions import Sessions

PATIENCE = 0.5
"""Seconds that the standby may take for an answer."""
REST = 1.0
"""Seconds for which it is left alone after a failure."""
LOOK, OLDEST = 1.0, 5.0
"""Seconds between looks at the source, and how old at most what the standby shows may be."""
MOST_REMEMBERED = 10_000
"""Members whose last position is remembered one by one; then all are held to the latest."""

WRITTEN = "SELECT pg_current_wal_insert_lsn()"
REPLAYED = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END"
READER = {"default_transaction_read_only": "on"}


@dataclass(frozen=True, slots=True)
class Source:
    """The driver of the database that is written to."""

    driver: Driver


@dataclass(slots=True)
class Known:
    """What a process knows of positions, and of the standby."""

    rests_until: float = 0.0
    looked_at: float = 0.0
    everybody: deque[int] = field(default_factory=lambda: deque([0], maxlen=1))
    """What all are held to: the last write of whom nobody knew, as a registration."""
    written: dict[MemberId, int] = field(default_factory=dict)
    looks: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, member: MemberId | None, position: int) -> None:
        """Remember the last position of a member."""
        if member is None:
            self.everybody.append(max(position, *self.everybody))
            return
        self.written[member] = max(position, self.written.get(member, 0))
        if len(self.written) > MOST_REMEMBERED:
            self.everybody.append(max(*self.everybody, *self.written.values()))
            self.written.clear()

    def wanted(self, reading: Reading) -> int:
        """Return the position that answers to this request must have reached."""
        own = self.written.get(reading.member, 0) if reading.member else 0
        return max(*self.everybody, own, reading.position, self._old_enough())

    def _old_enough(self) -> int:
        until = monotonic() - OLDEST
        while len(self.looks) > 1 and self.looks[1][0] <= until:
            self.looks.popleft()
        return self.looks[0][1] if self.looks and self.looks[0][0] <= until else 0


class Standby(Stack):
    """Its connections, and how far it is known by each of them to have come."""

    def __init__(self, url: str, sessions: Sessions, *, size: int) -> None:
        reading = sessions.for_asyncpg(**READER)
        super().__init__(known_by_asyncpg(make_url(url)) | reading, sessions, size=size)
        self._reached: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    async def fetch_behind(self, position: int, sql: str, values: Sequence[Any]) -> Any:
        """Return all rows, or None where it has not come that far.

        It is asked on the very connection: after a restart it may have to catch up anew.
        """
        async with self._room:
            connection, born = await self._take()
            self._lent.add(connection)
            try:
                if self._reached.get(connection, -1) < position:
                    reached = await connection.fetchval(REPLAYED)
                    self._reached[connection] = -1 if reached is None else reached
                is_there = self._reached[connection] >= position
                rows = await connection.fetch(sql, *values) if is_there else None
            except asyncpg.PostgresError:
                self._free.append((connection, born))
                raise
            except BaseException:
                end_at_once(connection)
                raise
            finally:
                self._lent.discard(connection)
            self._free.append((connection, born))
            return rows


class Replica(Positions):
    """Knows what each request must be shown; without an URL there is none, and nothing to know."""

    def __init__(self, url: str, source: Source, *, pool_size: int, sessions: Sessions) -> None:
        self._standby = Standby(url, sessions, size=pool_size) if url else None
        self._source = source.driver
        self._known = Known()

    @property
    def matter(self) -> bool:
        """Whether there is a standby."""
        return self._standby is not None

    async def note(self, member: MemberId | None) -> int:
        """Ask the source; where it does not answer, no copy will do for this member."""
        try:
            position = await self._written()
        except Busy:
            position = NOWHERE
        self._known.note(member, position)
        return position

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]] | None:
        """Answer from the standby, or return None for the source to answer."""
        reading, known = READING.get(), self._known
        if self._standby is None or reading is None or reading.at_the_source:
            return None
        if monotonic() < known.rests_until:
            return None
        await self._look()
        rows: Iterable[Iterable[Any]] | None = None
        try:
            async with timeout(PATIENCE):
                rows = await self._standby.fetch_behind(known.wanted(reading), sql, values)
        except UNREACHABLE:
            known.rests_until = monotonic() + REST
        except asyncpg.PostgresError:
            rows = None  # whatever it is, the source will tell it better
        reading.at_the_source = rows is None  # nor does this request go back in time
        return rows

    def pools(self) -> Mapping[str, tuple[int, int]]:
        """Tell of the connections to the standby."""
        return {"standby": self._standby.usage} if self._standby else {}

    async def close(self) -> None:
        """Give every connection back."""
        if self._standby is not None:
            await self._standby.close()

    async def _look(self) -> None:
        """Note now and then where the source is, so that nobody is shown what is too old."""
        known, now = self._known, monotonic()
        if now - known.looked_at >= LOOK:
            known.looked_at = now
            known.looks.append((now, await self._written()))

    async def _written(self) -> int:
        for (position,) in await self._source.fetch(WRITTEN, ()):
            return int(position)
        raise Busy


class ReplicatedDriver(Driver):
    """Questions go to the standby where that will do, and everything else to the source."""

    def __init__(self, source: Source, replica: Replica) -> None:
        self._source = source.driver
        self.dialect: Dialect = self._source.dialect
        self._replica = replica

    async def fetch(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Ask the one, else the other."""
        rows = await self._replica.fetch(sql, values)
        return await self._source.fetch(sql, values) if rows is None else rows

    async def change(self, sql: str, values: Sequence[Any]) -> Iterable[Iterable[Any]]:
        """Change the source."""
        return await self._source.change(sql, values)

    async def fetch_on(
        self, connection: Any, sql: str, values: Sequence[Any]
    ) -> Iterable[Iterable[Any]]:
        """Ask within a unit of work, which is open on the source."""
        return await self._source.fetch_on(connection, sql, values)

    def pools(self) -> Mapping[str, tuple[int, int]]:
        """Tell of both servers."""
        return {**self._source.pools(), **self._replica.pools()}

    async def close(self) -> None:
        """Leave closing to who has opened them."""
