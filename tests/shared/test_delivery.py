"""Consumers of public events: each is told all of them, in order, with one effect for each."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from apps.shared.application import outbox
from apps.shared.application.outbox import (
    DeliverEvents,
    Feed,
    NoSuchConsumer,
    NumberedElsewhere,
    Position,
    RenumberEvents,
    ResetConsumer,
)
from apps.shared.infrastructure.append_only import triggers
from apps.shared.infrastructure.feed import SqlFeed
from apps.shared.infrastructure.outbox import OUTBOX, OutboxPositionModel
from tests.support.delivery import (
    Scribe,
    a_library,
    drain,
    filled,
    instead,
    kept,
    progress,
    waiting,
)
from tests.support.site import elsewhere
from tests.support.weakening import let_change
from tests.support.workshop import Workshop

ROUNDS = 20
BOOKS = ["one", "two", "three", "four", "five"]


async def deliver(library: Workshop) -> int:
    return await (await library.port(DeliverEvents))()


async def fill(library: Workshop, *books: str) -> None:
    for book in books:
        await library.stand(filled(book))


async def test_every_consumer_is_told_everything_once(url: str, keys: Path) -> None:
    ann, bea = Scribe("ann"), Scribe("bea")
    async with a_library(url, keys, ann, bea) as library:
        await fill(library, *BOOKS[:3])
        assert await drain(library) == 6
        assert await deliver(library) == 0
        await fill(library, *BOOKS[3:])
        assert await drain(library) == 4
        assert ann.books == bea.books == BOOKS
        assert await kept(library, "ann") == await kept(library, "bea") == BOOKS


async def test_a_consumer_is_told_only_of_what_it_handles(url: str, keys: Path) -> None:
    deaf = Scribe(kinds=("shelf_emptied",))
    async with a_library(url, keys, deaf) as library:
        await fill(library, *BOOKS)
        assert await drain(library) == 0
        assert (deaf.calls, await waiting(library)) == ([], 0)


async def test_a_pass_hands_over_one_batch(
    url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    scribe = Scribe()
    async with a_library(url, keys, scribe) as library:
        await library.stand(filled(*BOOKS))  # a transaction may be cut in two
        assert await drain(library) == 5
    assert scribe.calls == [BOOKS[:2], BOOKS[2:4], BOOKS[4:]]


async def test_a_consumer_that_fails_has_no_effect_and_stops_no_other(url: str, keys: Path) -> None:
    broken, sound = Scribe("broken", fails=True), Scribe("sound")
    async with a_library(url, keys, broken, sound) as library:
        await fill(library, *BOOKS)
        while not await kept(library, "sound"):
            with pytest.raises(ExceptionGroup) as failure:
                for _ in range(100):
                    await deliver(library)
            (cause,) = failure.value.exceptions
            assert isinstance(cause, LookupError)
            assert "broken" in cause.__notes__[0]
        assert await kept(library, "broken") == []
        assert {each.consumer: each.waiting for each in await progress(library)}["broken"] == 5
        broken.fails = False
        await drain(library)
        assert await kept(library, "broken") == await kept(library, "sound") == BOOKS
        assert len(broken.calls) > 1


async def test_operators_see_how_far_each_consumer_is(url: str, keys: Path) -> None:
    async with a_library(url, keys, Scribe("ann"), Scribe("bea")) as library:
        await fill(library, *BOOKS)
        before = await progress(library)
        assert [(each.consumer, each.waiting) for each in before] == [("ann", 5), ("bea", 5)]
        assert {each.moved_at for each in before} == {None}
        await drain(library)
        after = await progress(library)
        assert [(each.consumer, each.waiting) for each in after] == [("ann", 0), ("bea", 0)]
        assert None not in {each.moved_at for each in after}


@pytest.mark.parametrize("careful", [True, False])
async def test_told_anew_a_consumer_that_knows_events_again_changes_nothing(
    url: str, keys: Path, *, careful: bool
) -> None:
    """The control: one that does not would do everything twice."""
    scribe = Scribe(careful=careful)
    async with a_library(url, keys, scribe) as library:
        await fill(library, *BOOKS)
        await drain(library)
        await (await library.port(ResetConsumer))("scribe")
        assert await waiting(library) == 5
        assert await drain(library) == 5
        assert await kept(library) == (BOOKS if careful else BOOKS * 2)
        assert scribe.books == BOOKS * 2


async def test_a_consumer_nobody_knows_cannot_be_reset(url: str, keys: Path) -> None:
    async with a_library(url, keys, Scribe()) as library:
        with pytest.raises(NoSuchConsumer):
            await (await library.port(ResetConsumer))("nobody")
        assert await library.ask(select(OutboxPositionModel)) == []


class Lenient(SqlFeed):
    """Lets everybody have a position that somebody else holds."""

    async def take(self, consumer: str) -> Position | None:
        position = OutboxPositionModel
        row = await self._one(
            select(position.tx, position.position).where(position.consumer == consumer)
        )
        return Position(*row) if row else Position()


async def told_by_many(library: Workshop) -> Counter[str]:
    """How often each book was written down by deliverers at work at the same time."""
    await drain(library)  # the position is there, and the lock is one of a row
    for round in range(ROUNDS):
        await library.stand(filled(*(f"{round}-{book}" for book in BOOKS)))
        await asyncio.gather(*(elsewhere(deliver(library)) for _ in range(4)))
    await drain(library)
    return Counter(await kept(library))


async def test_of_deliverers_at_once_one_delivers(url: str, keys: Path) -> None:
    async with a_library(url, keys, Scribe()) as library:
        told = await told_by_many(library)
        assert (len(told), {*told.values()}) == (ROUNDS * len(BOOKS), {1})


async def test_of_the_first_deliverers_one_delivers(url: str, keys: Path) -> None:
    """Nobody can lock a row that is not there yet."""
    async with a_library(url, keys, Scribe()) as library:
        await fill(library, *BOOKS)
        await asyncio.gather(*(elsewhere(deliver(library)) for _ in range(8)))
        await drain(library)
        assert await kept(library) == BOOKS


async def test_without_the_lock_both_would_deliver(postgresql: str, keys: Path) -> None:
    """The control."""
    lenient = instead(Lenient, of=Feed)
    async with a_library(postgresql, keys, Scribe(), overrides=[lenient]) as library:
        assert max((await told_by_many(library)).values()) > 1


async def test_nobody_waits_for_a_consumer_that_is_at_work(postgresql: str, keys: Path) -> None:
    slow, quick = Held("slow"), Scribe("quick")
    async with a_library(postgresql, keys, slow, quick) as library:
        await drain(library)
        await fill(library, *BOOKS)
        first = elsewhere(deliver(library))
        await asyncio.wait_for(slow.begun.wait(), 10)
        while not await kept(library, "quick"):
            await deliver(library)
        slow.free.set()
        await first
        assert await kept(library, "slow") == await kept(library, "quick") == BOOKS


class Held(Scribe):
    """Takes its time."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.begun, self.free = asyncio.Event(), asyncio.Event()

    async def __call__(self, events: Sequence[outbox.PublicEvent]) -> None:
        await super().__call__(events)
        self.begun.set()
        await self.free.wait()


ELSEWHERE = 1_000_000_000
"""By how many transactions the server before was ahead of this one."""


async def test_after_a_restore_elsewhere_nothing_is_skipped(postgresql: str, keys: Path) -> None:
    """A dump takes the events along, but not the count of transactions that numbers them."""
    scribe = Scribe(careful=True)
    async with a_library(postgresql, keys, scribe) as library:
        await fill(library, *BOOKS[:2])
        await drain(library)
        await fill(library, *BOOKS[2:4])
        await let_change(library, "outbox")
        for table in ("outbox", "outbox_positions"):
            await library.run(f"UPDATE {table} SET tx = tx + {ELSEWHERE}")
        for trigger in triggers(OUTBOX, "postgresql"):
            await library.run(trigger)
        await fill(library, BOOKS[4])
        with pytest.raises(ExceptionGroup) as refusal:
            await deliver(library)
        assert isinstance(refusal.value.exceptions[0], NumberedElsewhere)
        await (await library.port(RenumberEvents))()
        await drain(library)
        assert await kept(library) == BOOKS
        with pytest.raises(IntegrityError):
            await library.run("DELETE FROM outbox")
