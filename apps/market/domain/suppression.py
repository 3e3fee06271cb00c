"""Which figures may be shown: none that fewer than five members stand behind (K4)."""

from collections.abc import Iterable
from typing import NamedTuple

FEWEST = 5


class Counted(NamedTuple):
    """A figure, and how many distinct members stand behind it."""

    figure: int
    members: int


def shown(counted: Counted) -> int | None:
    """Return the figure, or None where it would tell of too few; nobody at all is told of."""
    return counted.figure if not counted.members or counted.members >= FEWEST else None


def total(cells: Iterable[Counted]) -> int:
    """Add up what is shown, and nothing else: or the difference would tell what is not."""
    return sum(figure for cell in cells if (figure := shown(cell)) is not None)
