"""Snapshots of months long past, out of the database and back into it."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy, Conflict

Row = Sequence[object]
Keep = Callable[[date, Sequence[str], Sequence[Row]], None]
"""Writes a month down, its columns and rows, so that it is there for good; or raises."""
PUT_BACK_AT_ONCE = 1_000


class MonthNotEmpty(Conflict):
    """There are snapshots of this month already; nothing was put back."""


class StoredSnapshots(Protocol):
    """Snapshots by month; used inside a unit of work."""

    columns: Sequence[str]

    async def months(self, before: date) -> Sequence[date]:
        """Return the first days of months that have snapshots and end before this day."""
        ...

    async def emptied(self, before: date) -> Sequence[date]:
        """Return those that have a place and nothing in it."""
        ...

    async def is_complete(self, month: date) -> bool:
        """Tell whether all days of it are taken down; none is again until this is over."""
        ...

    async def hold(self, month: date) -> Sequence[Row]:
        """Return all of a month, by day and card; nobody changes them until this is over."""
        ...

    async def remove(self, month: date) -> int:
        """Delete all of a month, and return how many rows that were."""
        ...

    async def drop(self, month: date) -> None:
        """Give its place back, if nothing is left in it."""
        ...

    async def prepare(self, month: date) -> None:
        """Make a place for it."""
        ...

    async def put(self, rows: Iterable[Row]) -> None:
        """Insert them."""
        ...


@dataclass(frozen=True, slots=True)
class ArchiveSnapshots:
    """Move months out of the database, each as a whole or not at all.

    One of which a day is still to be taken down stays: its file would be of the other days only,
    and could not be put back once there is that day.
    """

    work: UnitOfWork
    stored: StoredSnapshots

    async def __call__(self, before: date, keep: Keep) -> AsyncIterator[tuple[date, int | None]]:
        """Yield each month that has gone, and of how many rows; what is kept twice is not lost.

        None stands for those that stay.
        """
        async with self.work:
            months = await self.stored.months(before)
            emptied = await self.stored.emptied(before)
        for month in emptied:
            await self._drop(month)
        for month in months:
            removed = await self._moved(month, keep)
            if removed is not None:
                await self._drop(month)
            yield month, removed

    async def _drop(self, month: date) -> None:
        """Leave its place to the next call where somebody reads or fills it now."""
        with suppress(Busy):
            async with self.work:
                if await self.stored.is_complete(month):
                    await self.stored.drop(month)

    async def _moved(self, month: date, keep: Keep) -> int | None:
        async with self.work:
            if not await self.stored.is_complete(month):
                return None
            rows = await self.stored.hold(month)
            keep(month, self.stored.columns, rows)
            removed = await self.stored.remove(month)
            if removed != len(rows):
                raise RuntimeError(f"{removed} of {len(rows)} rows would be deleted.")
            return removed


@dataclass(frozen=True, slots=True)
class RestoreSnapshots:
    """Put a month back."""

    work: UnitOfWork
    stored: StoredSnapshots

    async def __call__(self, month: date, rows: Sequence[Row]) -> None:
        """Raise MonthNotEmpty where any snapshot of it is there."""
        async with self.work:
            await self.stored.prepare(month)
        async with self.work:
            _ = await self.stored.is_complete(month)  # so that no day of it is taken down meanwhile
            if await self.stored.hold(month):
                raise MonthNotEmpty
            for start in range(0, len(rows), PUT_BACK_AT_ONCE):
                await self.stored.put(rows[start : start + PUT_BACK_AT_ONCE])
