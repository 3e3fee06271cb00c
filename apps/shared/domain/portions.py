"""Many ids, as many at a time as one question takes."""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

Id = TypeVar("Id", bound=UUID)

AT_ONCE = 1_000


def portions(ids: Collection[Id]) -> Iterator[Sequence[Id]]:
    """Yield a thousand of them at a time, always in the same order."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
