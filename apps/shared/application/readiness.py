"""Whether this installation can do its work."""

from dataclasses import dataclass, field
from threading import Event
from typing import Protocol

from apps.shared.domain.errors import Busy


class SchemaMissing(Busy):
    """The database was not migrated yet."""


class NotReady(Busy):
    """The service cannot answer right now: its database is away, or not migrated."""


class Closing:
    """Whether this process was told to stop; what comes from then on had better go elsewhere."""

    def __init__(self) -> None:
        self._begun = Event()

    def begin(self) -> None:
        """Stop being ready, for good."""
        self._begun.set()

    def __bool__(self) -> bool:
        return self._begun.is_set()


class Readiness(Protocol):
    """Asks the database."""

    async def __call__(self, *, patience: float | None = None) -> str:
        """Return the schema's revision; raise NotReady unless it is the one this code needs.

        `patience` is how many seconds the database has to answer in, by default what probes give.
        """
        ...


@dataclass(frozen=True, slots=True)
class Startup:
    """Whether this process was ever ready; what becomes of its database later is not asked."""

    readiness: Readiness
    done: Event = field(default_factory=Event)

    async def __call__(self) -> None:
        """Raise NotReady until then."""
        if not self.done.is_set():
            _ = await self.readiness()
            self.done.set()
