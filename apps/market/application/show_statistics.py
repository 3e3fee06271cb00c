"""What a member has, wants, and has swapped."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.shared.domain.ids import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFiguresView:
    """Figures of one member, as of the events that were read by `read_at`.

    `copies` are yours, of so many different `cards`; of those for trade (`listed`), `free` are not
    promised. Your open wants ask for `slots` of `wanted` cards, promised to come or not. `proposed`
    and `received` count proposals by who made them, `swaps` those that you have given or taken
    something by, and `partners` with whom.
    """

    copies: int
    cards: int
    listed: int
    free: int
    promised: int
    wanted: int
    slots: int
    proposed: int
    received: int
    swaps: int
    given: int
    taken: int
    partners: int
    read_at: datetime | None


class MemberFigures(Protocol):
    """Your own figures: what you have and want, and how much of it has changed hands.

    They are made of events, some seconds after these have happened. Nobody else sees them.
    """

    async def __call__(self, me: MemberId) -> MemberFiguresView:
        """Return them; all are zero for who has nothing yet."""
        ...
