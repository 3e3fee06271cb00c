"""A standing: what a member's trades have shown, kept where everybody can read it (R8)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self

from apps.shared.domain.errors import Forbidden, NotFound
from apps.shared.domain.ids import MemberId
from apps.shared.domain.model import Aggregate


class StandingNotFound(NotFound):
    """There is no such member."""


class TrustLevelTooLow(Forbidden):
    """Your trust level does not suffice for this."""


@dataclass(kw_only=True, eq=False)
class Standing(Aggregate[MemberId]):
    """Counts and the trust level, 0 to 3, that follows from them."""

    trust_level: int
    completed_trades: int
    updated_at: datetime

    @classmethod
    def begin(cls, id: MemberId, *, at: datetime) -> Self:
        """Start as everybody does: new."""
        return cls(id=id, trust_level=0, completed_trades=0, updated_at=at)

    def count_completed(self, *, at: datetime) -> None:
        """One more trade came to its end."""
        self.completed_trades += 1
        self.updated_at = at


class StandingRepository(Protocol):
    """All standings; what trades show is counted by `Standings`, which locks them."""

    async def add(self, entity: Standing, /) -> None:
        """Keep a new one."""
        ...
