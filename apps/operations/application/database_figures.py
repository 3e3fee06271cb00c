"""What an operator asks of the database itself: how large it is, and what takes its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSize:
    """How much a table takes; what the database does not know is None."""

    table: str
    rows: int | None
    table_bytes: int | None
    index_bytes: int | None

    @property
    def total(self) -> int:
        """Both together."""
        return (self.table_bytes or 0) + (self.index_bytes or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopQuery:
    """A statement, without its values, and the time that went into it since counting began."""

    calls: int
    total_ms: float
    mean_ms: float
    rows: int
    query: str


class NoStatistics(RuntimeError):
    """The database does not count what its statements take; the message says what to do."""


class MeasureTables(Protocol):
    """How large every table is."""

    async def __call__(self) -> Sequence[TableSize]:
        """Return them, the largest first; rows are estimated where counting would take long."""
        ...


class ListTopQueries(Protocol):
    """What the database spends its time on."""

    async def __call__(self, *, limit: int) -> Sequence[TopQuery]:
        """Return as many, the most expensive first; raise NoStatistics."""
        ...
