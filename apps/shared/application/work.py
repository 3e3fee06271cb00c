"""One business transaction, and the news told inside it."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self

from apps.shared.domain.errors import Conflict
from apps.shared.domain.model import Event


class ChangedMeanwhile(Conflict):
    """Somebody else changed this at the same moment; look again."""


class UnitOfWork(Protocol):
    """`async with work:` commits when left cleanly, rolls back otherwise; inner ones join."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


Precondition = Callable[[], Awaitable[None]]
"""What a change depends on; awaited once its object is locked, it raises StaleVersion."""


async def unconditional() -> None:
    """Let every change pass."""


class Bus(Protocol):
    """Carries an event to its subscribers within the transaction that caused it."""

    async def publish(self, event: Event) -> None:
        """Return once every subscriber has done its part; one that fails undoes the cause."""
        ...
