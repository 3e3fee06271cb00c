"""What is counted while the service works, for whoever watches it from outside."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A request that is over, under the template of its route: nothing here is a client's choice.

    Without a `status` nobody was answered. `refusal` is the code of its problem, `reason` what was
    in short supply where that is why it was refused, and `retries` counts further attempts.
    """

    method: str
    route: str
    status: int | None
    seconds: float
    refusal: str | None = None
    reason: str | None = None
    retries: int = 0
    replayed: bool = False


class Meters(Protocol):
    """Counts in memory; none of this waits for anything."""

    def begin(self) -> None:
        """Count a request that has come."""
        ...

    def end(self, served: Served) -> None:
        """Count it as over."""
        ...

    def waiting(self, where: str) -> AbstractContextManager[None]:
        """Count who waits there for room."""
        ...

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """Count an attempt of a worker."""
        ...

    def lagged(self, seconds: float) -> None:
        """Note by how much the loop of this process was late."""
        ...


class Watch(Protocol):
    """Looks after the process and its database, again and again."""

    async def run(self) -> None:
        """Go on until cancelled, whatever the database does."""
        ...
