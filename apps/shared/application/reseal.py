"""Sealing rows with the newest key while members go on reading and writing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.shared.application.readiness import NotReady
from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy

SEALS_BROKEN = (
    "Rows are sealed with a data key that is not in the key folder, or not as it was; put it back"
    " (`kcs data status` counts them)."
)

RESEALED_AT_ONCE = 200
"""Rows of one unit of work: so many are locked, for a few milliseconds."""


class SealBroken(Busy):
    """What is kept here cannot be opened; this was logged for those who run the service."""


class SealedRows(Protocol):
    """A table of which each row holds something sealed."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    async def reseal(self, limit: int) -> int:
        """Seal so many rows that are not sealed with the newest key; return how many it was."""
        ...

    async def probe(self) -> None:
        """Open a row for each key that has sealed any; raise SealBroken."""
        ...

    async def counted(self) -> Mapping[int | None, int]:
        """Return how many rows each key has sealed; of None, those that are not sealed."""
        ...


@dataclass(frozen=True, slots=True)
class SealedTables:
    """All there are."""

    all: Sequence[SealedRows]


@dataclass(frozen=True, slots=True)
class ResealData:
    """Seal one more portion of rows with the newest key, and tell how many there were of each."""

    work: UnitOfWork
    tables: SealedTables

    async def __call__(self) -> Mapping[str, int]:
        done = {}
        for table in self.tables.all:
            async with self.work:
                done[table.name] = await table.reseal(RESEALED_AT_ONCE)
        return done


@dataclass(frozen=True, slots=True)
class ProbeSeals:
    """Make sure that there is a key for whatever rows hold; raise NotReady."""

    tables: SealedTables

    async def __call__(self) -> None:
        for table in self.tables.all:
            try:
                await table.probe()
            except SealBroken:
                raise NotReady(SEALS_BROKEN) from None


@dataclass(frozen=True, slots=True)
class CountSeals:
    """Tell of each table how many rows which key has sealed."""

    tables: SealedTables

    async def __call__(self) -> Mapping[str, Mapping[int | None, int]]:
        return {table.name: await table.counted() for table in self.tables.all}
