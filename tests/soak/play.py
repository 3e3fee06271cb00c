"""What four members and two moderators can do with copies and trades, whoever does it.

Members, copies and trades are numbers here, as they are for the rules, and a leg goes by its giver;
a command answers with the code of its refusal, or with None where it is done.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from apps.collection.contract import CopyId
from apps.collection.domain.copy import Condition
from apps.shared.domain.errors import DomainError
from apps.shared.domain.ids import MemberId
from apps.shared.presentation.problems import code_of
from apps.trading.application.end_trade import ExpireTrades
from apps.trading.application.fulfil_trade import NoteDelivery
from apps.trading.application.propose_ring import ProposeRing
from apps.trading.domain.legs import LegId
from apps.trading.domain.terms import TradeId
from tests.support.builders import FixedClock

T = TypeVar("T")

GRADES = tuple(Condition)
Seen = dict[int, dict[str, Any]]
"""Of each trade: state, revision, turn, what is due when, whose fault, its legs, who may do what.

As `TradeRules.shown` has it.
"""

Held = list[dict[str, Any]]
"""Of each copy: its owner, whether it is listed, how worn, where, and under which trade."""


async def outcome(step: Awaitable[T], then: Callable[[T], object] = id) -> str | None:
    """With what code it was refused; if it was not, go on with what it has answered."""
    try:
        then(await step)
    except DomainError as refused:
        return code_of(type(refused))
    return None


class Play(ABC):
    """One group of members, whose copies and trades are numbered as they come."""

    def __init__(self, clock: FixedClock, members: Iterable[MemberId]) -> None:
        self.clock = clock
        self.ids = [*members]
        self.copies: list[UUID] = []
        self.trades: list[UUID] = []
        self.kinds: list[str] = []
        self.legs: dict[tuple[int, int], UUID] = {}

    @abstractmethod
    async def use_case(self, kind: type[T]) -> T:
        """For what no member asks: carriers, matching, and the clock."""

    @abstractmethod
    async def let_time_pass(self) -> None:
        """The clock has been moved."""

    @abstractmethod
    async def enter(self, owner: int) -> None: ...

    @abstractmethod
    async def change(self, copy: int, *, by: int, **changes: Any) -> str | None:
        """Another `for_trade` or `condition`."""

    @abstractmethod
    async def propose(
        self, *, kind: str, by: int, to: int, give: Iterable[int], take: Iterable[int], **terms: Any
    ) -> str | None: ...

    @abstractmethod
    async def tell(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        """What a party tells a trade, or says of a dispute."""

    @abstractmethod
    async def tell_leg(
        self, number: int, giver: int, action: str, *, by: int, **told: Any
    ) -> str | None:
        """Ship or receive it."""

    @abstractmethod
    async def moderate(self, number: int, action: str, *, by: int, **told: Any) -> str | None:
        """Assign or decide the last case of the trade."""

    @abstractmethod
    async def seen(self) -> Seen: ...

    @abstractmethod
    async def held(self) -> Held: ...

    async def look(self) -> tuple[Seen, Held]:
        return await self.seen(), await self.held()

    async def propose_ring(self, gifts: Mapping[int, Iterable[int]]) -> str | None:
        propose = await self.use_case(ProposeRing)
        given = {self.ids[giver]: self._copies(copies) for giver, copies in gifts.items()}
        return await outcome(propose(given), then=lambda trade: self._add("ring", trade))

    async def note_delivery(self, number: int, giver: int, *, delivered: datetime) -> str | None:
        note = await self.use_case(NoteDelivery)
        trade, leg = TradeId(self.trades[number]), LegId(self.legs[number, giver])
        return await outcome(note(trade, leg, delivered_at=delivered))

    async def expire(self) -> int:
        return await (await self.use_case(ExpireTrades))()

    def _add(self, kind: str, trade: UUID) -> None:
        self.trades.append(trade)
        self.kinds.append(kind)

    def _copies(self, numbers: Iterable[int]) -> list[CopyId]:
        return [CopyId(self.copies[number]) for number in numbers]
