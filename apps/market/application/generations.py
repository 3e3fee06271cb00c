"""Readings of all events: one is live, and another may be under way beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from apps.market.domain.fold import Fold
from apps.shared.application.outbox import PublicEvent

LIVE_READER, NEW_READER = "market", "market.new"


class GenerationState(StrEnum):
    """`building` is read beside the `live` one, until it takes its place."""

    BUILDING = "building"
    LIVE = "live"
    OLD = "old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """A reading from the first event on; `events` are read, the latest of them of `day`.

    `differences` are how many rows by table differ from the live reading, once they are compared.
    """

    id: int
    state: GenerationState
    events: int
    day: date | None
    begun_at: datetime
    live_at: datetime | None = None
    differences: Mapping[str, int] | None = None

    @property
    def reader(self) -> str:
        """Under which name its position in the outbox is kept."""
        return LIVE_READER if self.state is GenerationState.LIVE else NEW_READER


class Generations(Protocol):
    """All of them; used inside a unit of work."""

    async def get(self, id: int) -> Generation:
        """Return one that there is, old or not."""
        ...

    async def reading(self) -> Mapping[GenerationState, Generation]:
        """Return those that go on reading, by their states; the live one first."""
        ...

    async def begin(self, state: GenerationState, *, at: datetime) -> Generation | None:
        """Begin another one, with no event read; None where somebody else has at this moment."""
        ...

    async def compared(self, building: Generation, differences: Mapping[str, int]) -> None:
        """Keep where it differs from the live one."""
        ...

    async def replace(self, live: Generation, building: Generation, *, at: datetime) -> None:
        """Let the one be old, and the other live."""
        ...

    async def advance(self, generation: Generation, days: Sequence[tuple[date, int]]) -> None:
        """Keep how far it is now, and the first events of days that have begun since."""
        ...


class MarketStore(Protocol):
    """What a generation knows; used inside a unit of work."""

    async def load(self, generation: int, events: Sequence[PublicEvent]) -> Fold:
        """Return all that lasts of what these events are about."""
        ...

    async def keep(self, generation: int, fold: Fold) -> None:
        """Write down what has become of it."""
        ...
