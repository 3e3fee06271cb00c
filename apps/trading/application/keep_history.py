"""Every change of a trade leaves a row in its history, in the same transaction."""

import re
from dataclasses import dataclass
from typing import Protocol

from apps.trading.domain.history import TradeEvent


class History(Protocol):
    """What happened to trades, in order."""

    async def append(self, kind: str, event: TradeEvent) -> None:
        """Add what happened; `kind` is its name in lower_snake."""
        ...


@dataclass(frozen=True, slots=True)
class KeepHistory:
    """Write down what happened to a trade."""

    history: History

    async def __call__(self, event: TradeEvent) -> None:
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
        await self.history.append(kind, event)
