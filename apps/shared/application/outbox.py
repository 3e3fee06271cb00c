"""Public events: kept with the change that they tell of, and delivered to consumers later."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NewType, Protocol
from uuid import UUID

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Conflict, NotFound
from apps.shared.domain.ids import Clock
from apps.shared.domain.model import Event

BATCH = 500
"""Events that a consumer is handed at once, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicEvent:
    """What happened to one aggregate, under a name that outlives classes.

    `payload` holds every field of the event, ids and moments as text, in the form of `version`.
    """

    id: UUID
    kind: str
    version: int
    aggregate: str
    aggregate_id: UUID
    payload: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far somebody has read: the transaction and the number of the last event."""

    tx: int = 0
    number: int = 0


START = Position()


class Outbox(Protocol):
    """Where a unit of work leaves its public events."""

    async def keep(self, events: Sequence[Event]) -> None:
        """Add those of them that are public, as part of the open unit of work."""
        ...


class Consumer(Protocol):
    """Acts on public events; its effects and its position are kept together.

    It is told all events of an aggregate in the order in which they happened. What an event does
    a second time must change nothing: an operator may have everything told anew.
    """

    name: str
    """Under which its position is kept; never changed."""
    kinds: Collection[str]
    """Of which events it is told."""

    async def __call__(self, events: Sequence[PublicEvent]) -> None:
        """Act inside the open unit of work; what is raised undoes it, and is tried again."""
        ...


Consumers = NewType("Consumers", Sequence[Consumer])
"""All consumers of this installation."""


Readers = NewType("Readers", Sequence[str])
"""Those who go through the outbox at their own pace; the names under which their positions are."""


class Watermark(Protocol):
    """How far the outbox has come."""

    async def now(self) -> Position:
        """Return the position of the last event that can be seen, START where there is none."""
        ...


class Feed(Protocol):
    """The outbox as consumers read it, inside a unit of work."""

    async def take(self, consumer: str) -> Position | None:
        """Return its position and let nobody else have it; None while somebody else has.

        Raises NumberedElsewhere.
        """
        ...

    async def at(self, consumer: str) -> Position:
        """Return how far it is, whoever has its position."""
        ...

    async def behind(
        self, position: Position, *, limit: int
    ) -> Sequence[tuple[Position, PublicEvent]]:
        """Return the next events whose predecessors are all there, in order."""
        ...

    async def forget(self, consumer: str) -> None:
        """Keep no position of it any longer."""
        ...

    async def renumber(self) -> None:
        """Number all events by this database; what somebody has not read they still will."""
        ...

    async def move(self, consumer: str, position: Position, *, at: datetime) -> None:
        """Note how far the consumer is, which may be back at the start; waits for its turn."""
        ...


class NumberedElsewhere(Conflict):
    """The events were numbered by another database server; run `kcs events renumber`."""


class NoSuchConsumer(NotFound):
    """There is no consumer of this name."""


@dataclass(frozen=True, slots=True)
class DeliverEvents:
    """Hand the next events to each consumer, in a unit of work of its own."""

    work: UnitOfWork
    feed: Feed
    consumers: Consumers
    clock: Clock

    async def __call__(self) -> int:
        """Return how many events were delivered.

        A consumer that fails stays where it was and stops no other; raises them all in the end.
        """
        delivered, failures = 0, []
        for consumer in self.consumers:
            try:
                delivered += await self._deliver(consumer)
            except Exception as failure:  # noqa: BLE001 - raised below
                failure.add_note(f"This is of the consumer {consumer.name}.")
                failures.append(failure)
        if failures:
            raise ExceptionGroup("Not every consumer took its events.", failures)
        return delivered

    async def _deliver(self, consumer: Consumer) -> int:
        async with self.work:
            position = await self.feed.take(consumer.name)
            if position is None:
                return 0
            batch = await self.feed.behind(position, limit=BATCH)
            events = [event for _, event in batch if event.kind in consumer.kinds]
            if events:
                await consumer(events)
            if batch:
                await self.feed.move(consumer.name, batch[-1][0], at=self.clock.now())
        return len(events)


@dataclass(frozen=True, slots=True)
class ResetConsumer:
    """Have a consumer told everything anew."""

    work: UnitOfWork
    feed: Feed
    consumers: Consumers
    clock: Clock

    async def __call__(self, name: str) -> None:
        """Raise NoSuchConsumer."""
        if name not in {consumer.name for consumer in self.consumers}:
            raise NoSuchConsumer(f"There is no consumer {name}.")
        async with self.work:
            await self.feed.move(name, START, at=self.clock.now())


@dataclass(frozen=True, slots=True)
class RenumberEvents:
    """Take over an outbox that was written under another database server, as after a restore."""

    work: UnitOfWork
    feed: Feed

    async def __call__(self) -> None:
        async with self.work:
            await self.feed.renumber()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a consumer is; `waiting` counts all events behind its position."""

    consumer: str
    waiting: int
    moved_at: datetime | None


class ListConsumers(Protocol):
    """How far every consumer is, and whoever else reads."""

    async def __call__(self) -> Sequence[Progress]:
        """Return them in the order of the wiring."""
        ...
