"""A workshop whose shelves tell the outbox when they are filled, and who reads it there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dishka import Provider, Scope
from sqlalchemy import text

from apps.shared.application.outbox import (
    Consumer,
    Consumers,
    DeliverEvents,
    ListConsumers,
    Progress,
    PublicEvent,
)
from apps.shared.domain.model import Event
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.outbox import Publication, Publications
from tests.support.site import Site
from tests.support.workshop import Filled, Shelf, Workshop, a_shelf

PUBLIC: dict[type[Event], Publication] = {
    Filled: Publication(kind="shelf_filled", aggregate="shelf", id="shelf")
}
HEARD = "CREATE TABLE heard (consumer TEXT NOT NULL, event TEXT NOT NULL, book TEXT NOT NULL)"
NOTE = text("INSERT INTO heard (consumer, event, book) VALUES (:consumer, :event, :book)")
KNOWN = text("SELECT event FROM heard WHERE consumer = :consumer")
PATIENCE = 1_000
"""Passes after which everything has to have been delivered."""


@dataclass
class Scribe(Consumer):
    """Writes down each book that it hears of, again and again unless it is `careful`."""

    name: str = "scribe"
    kinds: Sequence[str] = ("shelf_filled",)
    careful: bool = False
    fails: bool = False
    calls: list[list[str]] = field(default_factory=list)
    current: Current | None = None

    async def __call__(self, events: Sequence[PublicEvent]) -> None:
        assert self.current
        session = self.current.session
        self.calls.append([event.payload["book"] for event in events])
        known: set[str] = set()
        if self.careful:
            known = {*await session.scalars(KNOWN, {"consumer": self.name})}
        lines = [
            {"consumer": self.name, "event": str(event.id), "book": event.payload["book"]}
            for event in events
            if str(event.id) not in known
        ]
        if lines:
            await session.execute(NOTE, lines)
        if self.fails:
            raise LookupError(self.name)

    @property
    def books(self) -> list[str]:
        """All it was told, in order, whether or not it was kept."""
        return [book for call in self.calls for book in call]


def reading(*scribes: Scribe) -> Provider:
    """Have these read the outbox."""
    provider = Provider(scope=Scope.APP)

    def consumers(current: Current) -> Consumers:
        for scribe in scribes:
            scribe.current = current
        return Consumers(scribes)

    provider.provide(consumers, provides=Consumers)
    provider.provide(lambda: Publications(PUBLIC), provides=Publications)
    return provider


def instead(kind: type[Any], of: type[Any]) -> Provider:
    """Serve this class in place of the one that is wired."""
    provider = Provider(scope=Scope.APP)
    provider.provide(kind, provides=of)
    return provider


@asynccontextmanager
async def a_library(
    url: str, keys: Path, *scribes: Scribe, overrides: Sequence[Provider] = (), **settings: Any
) -> AsyncIterator[Workshop]:
    """A workshop whose outbox these scribes read."""
    async with Workshop(url, keys, reading(*scribes), *overrides, **settings) as workshop:
        await workshop.run(HEARD)
        yield workshop


def filled(*books: str) -> Shelf:
    """A new shelf onto which these books were put."""
    shelf = a_shelf(books[0])
    for book in books:
        shelf.put(book)
    return shelf


async def kept(site: Site, consumer: str = "scribe") -> list[str]:
    """The books that a scribe wrote down."""
    question = text("SELECT book FROM heard WHERE consumer = :consumer")
    async with (await site.engine()).connect() as connection:
        return [*(await connection.scalars(question, {"consumer": consumer}))]


async def waiting(site: Site) -> int:
    """How many events some consumer has not read, to which they are delivered."""
    return max(each.waiting for each in await progress(site))


async def progress(site: Site) -> Sequence[Progress]:
    """How far those are to which events are delivered; the market reads them by itself."""
    told = await (await site.port(ListConsumers))()  # type: ignore[type-abstract]
    return [each for each in told if each.consumer != "market"]


async def drain(site: Site) -> int:
    """Deliver until nothing waits; other transactions of the cluster may hold it up a little."""
    deliver, delivered = await site.port(DeliverEvents), 0
    for _ in range(PATIENCE):
        delivered += await deliver()
        if not await waiting(site):
            return delivered
        await asyncio.sleep(0.01)
    raise TimeoutError
