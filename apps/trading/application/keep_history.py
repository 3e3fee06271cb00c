"""Every change of a trade leaves a row in its history, in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NewType, Protocol

from apps.trading.domain.history import TradeEvent

Kinds = NewType("Kinds", Mapping[type[TradeEvent], str])
"""What each event is called in histories, whatever becomes of its class."""


class History(Protocol):
    """What happened to trades, in order; each event is linked to the one before it (K7)."""

    async def append(self, news: Sequence[tuple[str, TradeEvent]]) -> None:
        """Add what happened to trades that are new or locked; with each comes its kind."""
        ...


@dataclass(frozen=True, slots=True)
class KeepHistory:
    """Write down what happened to trades, all of a transaction at once."""

    history: History
    kinds: Kinds

    async def __call__(self, events: Sequence[TradeEvent]) -> None:
        await self.history.append([(self.kinds[type(event)], event) for event in events])
