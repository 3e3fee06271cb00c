"""B18: whoever commits late is not passed over, and each aggregate's events keep their order."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, select, true

from apps.shared.application.outbox import DeliverEvents, Feed, Outbox, Position
from apps.shared.infrastructure.feed import SqlFeed
from apps.shared.infrastructure.outbox import (
    OUTBOX,
    OutboxModel,
    SqlOutbox,
    number,
)
from tests.support.delivery import Scribe, a_library, drain, filled, instead
from tests.support.site import elsewhere
from tests.support.workshop import Shelf, Workshop, a_shelf

WRITERS, UNITS, FEWER, EACH = 16, 40, 20, 16
DAWDLE = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(random() * 0.05); RETURN NULL; END $$
"""
AT_COMMIT = """
CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON scratch_shelves
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()
"""
"""Each commit takes its time, so that they overtake each other."""


class NaiveFeed(SqlFeed):
    """Asks for whatever has a higher number than the last one."""

    def _later(self, position: Position) -> ColumnElement[bool]:
        return OUTBOX.c.position > position.number

    def _settled(self) -> ColumnElement[bool]:
        return true()

    def _order(self) -> Sequence[ColumnElement[Any]]:
        return (OUTBOX.c.position,)


async def write(library: Workshop, writer: int, units: int) -> None:
    for unit in range(units):
        await library.stand(filled(*(f"{writer}-{unit}-{book}" for book in range(EACH))))


async def read(library: Workshop, done: asyncio.Event) -> None:
    """Deliver all the time while there are writers."""
    deliver = await library.port(DeliverEvents)
    while not done.is_set():
        await deliver()
        await asyncio.sleep(0)


async def told_while_written(library: Workshop, scribe: Scribe, *, units: int) -> list[str]:
    """What a consumer was told while 16 writers had so many units of 16 events each."""
    await library.run(DAWDLE)
    await library.run(AT_COMMIT)
    done = asyncio.Event()
    reader = elsewhere(read(library, done))
    await asyncio.gather(*(elsewhere(write(library, writer, units)) for writer in range(WRITERS)))
    done.set()
    await reader
    return scribe.books


async def test_of_ten_thousand_events_none_is_skipped(postgresql: str, keys: Path) -> None:
    scribe = Scribe()
    async with a_library(postgresql, keys, scribe) as library:
        before = len(await told_while_written(library, scribe, units=UNITS))
        await drain(library)
    assert before > 0, "the consumer was at work among the writers"
    told = Counter(scribe.books)
    assert (len(told), {*told.values()}) == (WRITERS * UNITS * EACH, {1})
    shelves = defaultdict(list)
    for book in scribe.books:
        shelf, _, place = book.rpartition("-")
        shelves[shelf].append(int(place))
    assert [*shelves.values()] == [[*range(EACH)]] * (WRITERS * UNITS)


async def test_who_goes_by_numbers_alone_skips_late_committers(postgresql: str, keys: Path) -> None:
    """The control."""
    scribe, naive = Scribe(), instead(NaiveFeed, of=Feed)
    async with a_library(postgresql, keys, scribe, overrides=[naive]) as library:
        _ = await told_while_written(library, scribe, units=FEWER)
        for _ in range(100):
            await (await library.port(DeliverEvents))()
        everything = await library.ask(select(OutboxModel.payload))
    assert len(everything) == WRITERS * FEWER * EACH
    assert len({*scribe.books}) < len(everything)


class OwnTransactions(SqlOutbox):
    """Orders events by the ids of their transactions, and by nothing else."""

    def _tx(self) -> ColumnElement[int]:
        return number(func.pg_current_xact_id())


async def put(library: Workshop, shelf: Shelf, book: str) -> None:
    async with library.work:
        mine = await library.shelves.held(shelf.id)
        mine.put(book)
        await library.shelves.save(mine)


async def put_late(
    library: Workshop, shelf: Shelf, book: str, *, begun: asyncio.Event, go: asyncio.Event
) -> None:
    """Begin with something else, and come to the shelf, if any book is for it, when told to."""
    async with library.work:
        await library.shelves.add(a_shelf(f"before {book}"))  # gives the transaction its id
        begun.set()
        await go.wait()
        if book:
            await put(library, shelf, book)


async def told_in_which_order(library: Workshop, scribe: Scribe) -> tuple[list[str], list[str]]:
    """What is told of a shelf that an older transaction fills after a younger one has.

    The first list is what is told while a third one, of an age between theirs, is still open.
    """
    shelf = await library.stand(a_shelf("shelf"))
    events = [asyncio.Event() for _ in range(4)]
    begun, go, begun_between, go_between = events
    older = elsewhere(put_late(library, shelf, "second", begun=begun, go=go))
    await begun.wait()
    between = elsewhere(put_late(library, shelf, "", begun=begun_between, go=go_between))
    await begun_between.wait()
    await elsewhere(put(library, shelf, "first"))
    go.set()
    await older
    for _ in range(20):  # others in the cluster may hold it up a little
        await (await library.port(DeliverEvents))()
        await asyncio.sleep(0.01)
    early = [*scribe.books]
    go_between.set()
    await between
    await drain(library)
    return early, scribe.books


async def test_events_of_an_aggregate_keep_their_order(postgresql: str, keys: Path) -> None:
    scribe = Scribe()
    async with a_library(postgresql, keys, scribe) as library:
        assert await told_in_which_order(library, scribe) == ([], ["first", "second"])


async def test_by_their_transactions_alone_they_would_not(postgresql: str, keys: Path) -> None:
    """The control."""
    scribe, own = Scribe(), instead(OwnTransactions, of=Outbox)
    async with a_library(postgresql, keys, scribe, overrides=[own]) as library:
        _, told = await told_in_which_order(library, scribe)
        assert told == ["second", "first"]
