"""Who takes part in a round, and with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.collection.contract import CopyId, WantGroupId
from apps.matching.domain.round import RoundId
from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A member's part in a round; None stands for all they offer, or all they look for."""

    member: MemberId
    copies: Sequence[CopyId] | None
    want_groups: Sequence[WantGroupId] | None
    joined_at: datetime


class Entries(Protocol):
    """Used inside the unit of work that holds the round, so that nobody joins what is closed."""

    async def has(self, round: RoundId, member: MemberId) -> bool:
        """Tell whether this member takes part."""
        ...

    async def add(self, round: RoundId, entry: Entry) -> None:
        """Let a member take part, once."""
        ...

    async def remove(self, round: RoundId, member: MemberId) -> None:
        """Let a member take part no longer."""
        ...

    async def leave_open(self, member: MemberId) -> None:
        """Remove who is suspended or gone from whatever takes members still."""
        ...

    async def of(self, round: RoundId) -> Sequence[Entry]:
        """Return all who take part, by id."""
        ...
