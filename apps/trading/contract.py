"""What other contexts may ask of trades."""

from typing import Protocol


class HistoryCheck(Protocol):
    """Whether the histories of all trades are still as they were written (K7)."""

    async def __call__(self) -> int:
        """Return how many events do not follow from the one before them, or were changed."""
        ...
