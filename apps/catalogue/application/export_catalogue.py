"""Writing the catalogue into files."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.catalogue.application.sheets import COLUMNS, Cell, written
from apps.shared.application.pages import Page


class Inventory(Protocol):
    """The catalogue as rows of its files, without merged cards."""

    async def __call__(self, file: str, *, after: str | None) -> Page[Sequence[Cell]]:
        """Return one page of rows, in the order of their codes, with cells as in COLUMNS."""
        ...


@dataclass(frozen=True, slots=True)
class ExportCatalogue:
    """Write the files that an import reads; what is the same gives the same bytes.

    Whatever a file refers to is in the files that are read after it, for nothing is ever deleted:
    so what is added meanwhile leaves no reference without its entry.
    """

    inventory: Inventory

    @property
    def files(self) -> Sequence[str]:
        """The files, in the order in which they are to be written."""
        return [*COLUMNS][::-1]

    async def __call__(self, file: str) -> AsyncIterator[str]:
        yield written([COLUMNS[file]])
        after: str | None = ""
        while after is not None:
            page = await self.inventory(file, after=after)
            yield written(page.items)
            after = page.next
