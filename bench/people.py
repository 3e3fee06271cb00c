"""Who is there, and who holds what: all of it follows from numbers, so nothing is remembered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from uuid import UUID

FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
_FIRST_MS = int(FIRST_DAY.timestamp() * 1000)
SCATTER = 2_654_435_761
"""Multiplies numbers so that neighbours end up far apart."""


class Kind(IntEnum):
    """Of what an id is; part of it, so that kinds keep apart."""

    MEMBER = 1
    SESSION = 2
    GROUP = 3
    IDOL = 4
    RELEASE = 5
    CARD = 6
    COPY = 7
    PROMISE = 8
    AGREEMENT = 9
    WANT = 10
    ROUND = 11


def id_of(kind: Kind, number: int) -> UUID:
    """Return the UUIDv7 of this number: a greater number sorts later."""
    return UUID(int=(_FIRST_MS + number) << 80 | 7 << 76 | 2 << 62 | kind)


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is. The first member is a collector with more than `depth` copies."""

    members: int
    copies: int
    depth: int
    cards: int = 5_000

    @property
    def _step(self) -> int:
        """Each so many copies one goes to the collector."""
        return self.copies // (self.depth + self.depth // 5)

    @property
    def visitors(self) -> range:
        """Those who send requests; each holds more than a page of copies."""
        return range(1, min(self.members // 5, 2_000))

    def owner(self, copy: int) -> int:
        """Return who holds a copy: most are in the hands of few."""
        if copy % self._step == 0:
            return 0
        many = self.members // 5 if copy % 5 else self.members
        return 1 + copy * SCATTER % 2**32 % (many - 1)


def is_listed(copy: int) -> bool:
    """Two of three are for trade."""
    return copy % 3 != 0


def is_promised(copy: int) -> bool:
    """Some are promised under an agreement."""
    return copy % 50 == 1
