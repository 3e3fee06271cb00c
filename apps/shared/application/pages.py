"""Lists are read page by page, each page starting behind the last key of the one before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order, and the key behind which the next page starts, if there is one."""

    items: Sequence[Item]
    next: str | None = None

    @classmethod
    def cut(cls, items: Sequence[Item], *, limit: int, key: Callable[[Item], object]) -> Self:
        """Make a page of at most `limit` items out of up to one more, which shows there is more."""
        more = len(items) > limit
        return cls(items[:limit], str(key(items[limit - 1])) if more else None)
