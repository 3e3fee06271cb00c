"""One business transaction, the news told inside it, and what is told of it afterwards."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
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


class Trial(Protocol):
    """A part of a unit of work that costs the same whether it is kept or undone."""

    def __call__(self, *, kept: bool) -> AbstractAsyncContextManager[None]:
        """Undo at its end, unless it is to be kept, what was written inside."""
        ...


Precondition = Callable[[], Awaitable[None]]
"""What a change depends on; awaited once its object is locked, it raises StaleVersion."""


async def unconditional() -> None:
    """Let every change pass."""


class Bus(Protocol):
    """Carries an event to its subscribers within the transaction that caused it."""

    async def publish(self, event: Event) -> None:
        """Return once every subscriber has done its part; one that fails undoes the cause."""
        ...

    async def conclude(self, events: Sequence[Event]) -> None:
        """Tell those who hear all of a transaction's events at once, at its end but inside it."""
        ...

    async def announce(self, events: Sequence[Event]) -> None:
        """Tell those who only hear what a transaction has kept; what fails there is logged.

        The answer to the request waits for them, though not for long: so a client that has it can
        rely on what they do, and nothing is left over to be done when the service stops.
        """
        ...
