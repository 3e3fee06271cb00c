"""What a unit of work tells the outbox: all that is public, in its own transaction, or nothing."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.main import CONSUMERS, DUTIES, HEARING
from apps.shared.application.outbox import Outbox
from apps.shared.domain.ids import Ids
from apps.shared.domain.model import Event
from apps.shared.infrastructure.current import Current
from apps.shared.infrastructure.outbox import OUTBOX, OutboxModel, Publications, SqlOutbox
from apps.shared.infrastructure.payloads import payload_of, plain
from apps.shared.wiring import recurring
from apps.trading.domain.history import TradeEvent
from tests.support.delivery import Scribe, a_library, filled, instead
from tests.support.kinds import all_classes
from tests.support.workshop import NOON, ShelfModel, Workshop

SEED = 20
POINTS = 500
"""Units of work that are made to fail at random points, or not to."""


@pytest.fixture
async def library(url: str, keys: Path) -> AsyncIterator[Workshop]:
    async with a_library(url, keys) as workshop:
        yield workshop


async def rows(workshop: Workshop) -> list[OutboxModel]:
    return await workshop.ask(select(OutboxModel).order_by(OutboxModel.position))


async def test_what_a_unit_tells_is_in_the_outbox_when_it_is_kept(library: Workshop) -> None:
    first, second = filled("one", "two"), filled("three")
    async with library.work:
        await library.shelves.add_all([first, second])
        first.put("four")
        assert await rows(library) == []
    found = await rows(library)
    assert [row.payload["book"] for row in found] == ["one", "two", "four", "three"]
    assert [row.position for row in found] == sorted({row.position for row in found})
    assert [row.id for row in found] == sorted({row.id for row in found})
    assert {row.id.version for row in found} == {7}
    assert [row.aggregate_id for row in found] == [first.id] * 3 + [second.id]
    assert {(row.kind, row.aggregate, row.version, row.at) for row in found} == {
        ("shelf_filled", "shelf", 1, NOON)
    }
    assert found[0].payload == {
        "at": "2026-05-24T12:00:00.123456Z",
        "book": "one",
        "shelf": str(first.id),
    }


async def test_on_postgresql_an_event_knows_its_transaction(postgresql: str, keys: Path) -> None:
    async with a_library(postgresql, keys) as library:
        await library.stand(filled("one", "two"))
        await library.stand(filled("three"))
        one, two, three = [row.tx for row in await rows(library)]
    assert 0 < one == two < three


async def test_all_events_of_a_unit_cost_one_statement(library: Workshop) -> None:
    sent: list[str] = []
    engine = (await library.engine()).sync_engine
    event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    await library.stand(filled(*map(str, range(30))))
    assert len(await rows(library)) == 30
    assert sum(statement.startswith("INSERT INTO outbox") for statement in sent) == 1


async def test_what_is_not_public_stays_inside(url: str, keys: Path) -> None:
    async with Workshop(url, keys) as workshop:
        await workshop.stand(filled("one"))
        assert len(workshop.town.heard) == 1
        assert await rows(workshop) == []


async def test_nothing_is_told_of_a_unit_that_failed(library: Workshop) -> None:
    with pytest.raises(KeyError):
        async with library.work:
            await library.shelves.add(filled("one"))
            raise KeyError
    assert await rows(library) == []


class Stopped(Exception):
    """Somebody pulled the plug."""


class Plug:
    """Pulled before one of the next statements, or before the commit behind them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.left: int | None = None
        event.listen(engine.sync_engine, "before_cursor_execute", self._step)
        event.listen(engine.sync_engine, "commit", self._step)

    def _step(self, *_: Any) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left == 0:
            raise Stopped


async def unit(workshop: Workshop, number: int) -> None:
    """Put up one shelf, and fill it again: three events in all."""
    async with workshop.work:
        shelf = filled(f"{number}-1")
        await workshop.shelves.add(shelf)
        shelf.put(f"{number}-2")
        shelf.put(f"{number}-3")
        await workshop.shelves.save(shelf)


async def torn(workshop: Workshop) -> tuple[int, Counter[UUID], Counter[UUID]]:
    """Let units fail at random points; return how many did, what is kept, and what is told of."""
    plug, random, failed = Plug(await workshop.engine()), Random(SEED), 0
    for number in range(POINTS):
        plug.left = random.randint(1, 20)
        try:
            await unit(workshop, number)
        except Stopped:
            failed += 1
    plug.left = None
    changed = await workshop.ask(select(ShelfModel.id))
    told = await workshop.ask(select(OUTBOX.c.aggregate_id))
    return failed, Counter(dict.fromkeys(changed, 3)), Counter(told)


async def test_there_is_no_event_without_commit_and_no_commit_without_event(
    library: Workshop,
) -> None:
    """B20."""
    failed, changed, told = await torn(library)
    assert POINTS / 4 < failed < POINTS * 9 / 10
    assert len(changed) == POINTS - failed
    assert told == changed


class HastyOutbox(SqlOutbox):
    """Writes in a transaction of its own."""

    def __init__(
        self, current: Current, ids: Ids, publications: Publications, engine: AsyncEngine
    ) -> None:
        super().__init__(current, ids, publications)
        self._engine = engine

    async def keep(self, events: Sequence[Event]) -> None:
        told = [self._row(each) for each in events if type(each) in self._publications]
        async with self._engine.begin() as connection:
            await connection.execute(OUTBOX.insert().values(tx=0), told)


async def test_an_outbox_with_a_transaction_of_its_own_tells_of_phantoms(
    postgresql: str, keys: Path
) -> None:
    """The control of B20."""
    hasty = instead(HastyOutbox, of=Outbox)
    async with a_library(postgresql, keys, overrides=[hasty]) as library:
        _, changed, told = await torn(library)
        assert told - changed, "events of what never was"


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything(Event):
    id: UUID
    ids: tuple[UUID, ...]
    names: frozenset[str]
    day: date
    price: Decimal
    lines: list[Line]
    known: dict[UUID, bool]
    nothing: None = None


def test_any_event_is_written_by_its_fields() -> None:
    id = UUID(int=7)
    taipei = timezone(timedelta(hours=8))
    told = Everything(
        at=datetime(2026, 5, 24, 20, tzinfo=taipei),
        id=id,
        ids=(id,),
        names=frozenset({"b", "a"}),
        day=date(2026, 5, 24),
        price=Decimal("1.50"),
        lines=[Line(1, Colour.RED)],
        known={id: True},
    )
    assert payload_of(told) == {
        "at": "2026-05-24T12:00:00.000000Z",
        "id": str(id),
        "ids": [str(id)],
        "names": ["a", "b"],
        "day": "2026-05-24",
        "price": "1.50",
        "lines": [{"number": 1, "colour": "red"}],
        "known": {str(id): True},
        "nothing": None,
    }
    assert plain(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"
    for strange in (1.5, b"", object()):
        with pytest.raises(TypeError):
            plain(strange)


def test_public_events_have_names_of_their_own_and_tell_of_what_they_say() -> None:
    kinds = [publication.kind for publication in HEARING.publications.values()]
    assert len(kinds) == len({*kinds}) > 10
    assert max(map(len, kinds)) <= OUTBOX.c.kind.type.length  # type: ignore[attr-defined]
    for event_class, publication in HEARING.publications.items():
        assert publication.id in {each.name for each in fields(event_class)}


def test_all_that_becomes_of_trades_is_public_and_kept() -> None:
    told = {kind for kind in all_classes() if issubclass(kind, TradeEvent)} - {TradeEvent}
    assert told <= HEARING.publications.keys()
    assert told <= HEARING.conclusions.keys()


def test_events_are_delivered_again_and_again_only_where_somebody_consumes_them() -> None:
    always = ["jobs.forget", "audit.seal", "replies.forget", "operations.forget"]
    assert [job.kind for job in recurring([])] == always
    assert [job.kind for job in recurring([Scribe])] == [*always, "events.deliver"]
    assert set(recurring(CONSUMERS)) <= set(DUTIES.recurring)
    assert bool(CONSUMERS) == ("events.deliver" in {job.kind for job in DUTIES.recurring})
