"""Looking for rows that break what must always hold (P12)."""

from collections.abc import Mapping
from typing import Protocol


class CheckInvariants(Protocol):
    """All invariants, as of one moment."""

    async def __call__(self) -> Mapping[str, int]:
        """Return how many rows break each of them."""
        ...
