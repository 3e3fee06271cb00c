"""What three members can do with copies and trades, whoever does it.

Members, copies and trades are numbers here, as they are for the rules; a command answers with the
code of its refusal, or with None where it is done.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support.builders import FixedClock

Seen = dict[int, tuple[str, int, int | None, dict[int, set[str]]]]
"""Of each trade: its state, revision, turn, and what each party can do."""

Held = list[tuple[int, int, bool, int | None]]
"""Of each copy: its number, owner, whether it is for trade, and under which trade promised."""


class Play(ABC):
    """One group of members, whose copies and trades are numbered as they come."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.copies: list[UUID] = []
        self.trades: list[UUID] = []

    @abstractmethod
    async def enter(self, owner: int) -> None: ...

    @abstractmethod
    async def list_for_trade(self, copy: int, *, by: int, listed: bool) -> str | None: ...

    @abstractmethod
    async def propose(
        self,
        *,
        by: int,
        to: int,
        give: Iterable[int],
        take: Iterable[int],
        hours: int,
        planned: datetime | None,
    ) -> str | None: ...

    @abstractmethod
    async def counter(
        self, number: int, *, by: int, revision: int, give: Iterable[int], take: Iterable[int]
    ) -> str | None: ...

    @abstractmethod
    async def tell(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        """Accept, reject, withdraw, cancel or confirm."""

    @abstractmethod
    async def expire(self) -> int: ...

    @abstractmethod
    async def seen(self) -> Seen: ...

    @abstractmethod
    async def held(self) -> Held: ...

    @abstractmethod
    async def let_time_pass(self) -> None:
        """The clock has been moved."""

    async def faults(self) -> dict[str, int]:
        """What `kcs check-invariants` would find."""
        return {}
