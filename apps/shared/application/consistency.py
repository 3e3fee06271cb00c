"""Whoever has written something reads it afterwards, though another database may answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from apps.shared.domain.ids import MemberId

NOWHERE = 2**63 - 1
"""The position where it is not known how far a write has come: no copy has reached it."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a request that only reads must be shown, as far as is known by now."""

    position: int = 0
    """A position that its client has seen."""
    member: MemberId | None = None
    at_the_source: bool = False
    """Whether its questions go to the database that is written to."""


READING: ContextVar[Reading | None] = ContextVar("reading", default=None)
"""That of the request in hand; where there is none, questions go to the source."""


@contextmanager
def at_the_source() -> Iterator[None]:
    """Ask the database that is written to: whether a session was ended may not be told late."""
    token = READING.set(None)
    try:
        yield
    finally:
        READING.reset(token)


def reads_as(member: MemberId) -> None:
    """Note who is asking."""
    if reading := READING.get():
        reading.member = member


class Positions(Protocol):
    """How far the database has been written, as numbers that only grow."""

    @property
    def matter(self) -> bool:
        """Whether there is a copy that could lag behind."""
        ...

    async def note(self, member: MemberId | None) -> int:
        """Return a position behind all that this request wrote, and hold later reads to it."""
        ...
