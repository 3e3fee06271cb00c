"""The small parts: aggregates, events, time, ids, and who hears of what."""

import asyncio
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, dataclass
from datetime import UTC
from uuid import UUID

import pytest
from dishka import Provider, Scope, make_async_container
from hypothesis import given
from hypothesis import strategies as st

from apps.shared.domain.errors import LimitExceeded, NotFound, TooMany
from apps.shared.domain.model import Event
from apps.shared.infrastructure.bus import Announcements, Conclusions, ContainerBus, Subscriptions
from apps.shared.infrastructure.clock import SystemClock, TimeOrderedIds
from apps.shared.presentation.problems import code_of, pointer, status_of
from tests.support.laboratory import NoSuchPage, Torn
from tests.support.workshop import NOON, Filled, Shelf, ShelfId, a_shelf

BOOK = Filled(shelf=ShelfId(UUID(int=1)), book="one", at=NOON)


def test_an_aggregate_equals_another_of_its_kind_and_id_whatever_is_in_it() -> None:
    shelf = a_shelf()
    twin = Shelf(id=shelf.id, label="other")
    assert shelf == twin
    assert len({shelf, twin, a_shelf()}) == 2
    assert shelf != shelf.id


def test_what_happened_is_handed_over_once() -> None:
    shelf = a_shelf()
    shelf.put("one")
    shelf.put("two")
    assert [event.book for event in shelf.release() if isinstance(event, Filled)] == ["one", "two"]
    assert shelf.release() == []


def test_what_has_happened_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        BOOK.book = "two"  # type: ignore[misc]


def test_the_clock_tells_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


async def test_ids_sort_by_when_they_were_made() -> None:
    ids = TimeOrderedIds()
    made = [ids.next() for _ in range(1_000)]
    await asyncio.sleep(0.002)
    made.append(ids.next())
    assert sorted(made) == made
    assert len({*made}) == len(made)
    assert {id.version for id in made} == {7}


@dataclass
class Reader:
    heard: list[tuple[str, Event]]

    async def __call__(self, event: Event) -> None:
        self.heard.append((type(self).__name__, event))


class Critic(Reader):
    """Hears it second."""


class Moved(Event):
    """Nobody is interested."""


async def test_subscribers_hear_of_what_they_subscribed_to_in_their_order() -> None:
    heard: list[tuple[str, Event]] = []
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: Reader(heard), provides=Reader)
    provider.provide(lambda: Critic(heard), provides=Critic)
    container = make_async_container(provider)
    bus = ContainerBus(
        container,
        Subscriptions({Filled: (Critic, Reader)}),
        Conclusions({Filled: (Listener,)}),
        Announcements({Filled: (Listener,)}),
    )
    await bus.publish(BOOK)
    await bus.publish(Moved(at=NOON))
    assert heard == [("Critic", BOOK), ("Reader", BOOK)]
    await container.close()


@dataclass
class Listener:
    heard: list[tuple[str, Sequence[Event]]]

    async def __call__(self, events: Sequence[Event]) -> None:
        self.heard.append((type(self).__name__, events))


class Deaf(Listener):
    """Falls over whatever it hears."""

    async def __call__(self, events: Sequence[Event]) -> None:
        await super().__call__(events)
        raise LookupError(events)


async def test_what_was_kept_is_announced_all_at_once_and_nobody_can_object(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[tuple[str, Sequence[Event]]] = []
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: Listener(heard), provides=Listener)
    provider.provide(lambda: Deaf(heard), provides=Deaf)
    container = make_async_container(provider)
    listeners = Announcements({Filled: (Deaf, Listener), Moved: (Listener,)})
    bus = ContainerBus(container, Subscriptions({Filled: (Reader,)}), Conclusions({}), listeners)
    moved = Moved(at=NOON)
    await bus.announce([BOOK, moved, BOOK])
    await bus.announce([])
    assert heard == [("Deaf", [BOOK, BOOK]), ("Listener", [BOOK, moved, BOOK])]
    assert caplog.messages == ["Deaf failed"]
    await container.close()


async def test_at_the_end_of_a_unit_all_is_heard_at_once_and_one_may_object() -> None:
    heard: list[tuple[str, Sequence[Event]]] = []
    provider = Provider(scope=Scope.APP)
    provider.provide(lambda: Listener(heard), provides=Listener)
    provider.provide(lambda: Deaf(heard), provides=Deaf)
    container = make_async_container(provider)
    ends = Conclusions({Filled: (Listener, Deaf), Moved: (Listener,)})
    bus = ContainerBus(container, Subscriptions({}), ends, Announcements({}))
    moved = Moved(at=NOON)
    with pytest.raises(LookupError):
        await bus.conclude([BOOK, moved, BOOK])
    assert heard == [("Listener", [BOOK, moved, BOOK]), ("Deaf", [BOOK, BOOK])]
    await container.close()


def test_codes_are_the_names_of_refusals_but_for_what_is_not_found() -> None:
    assert (code_of(Torn), code_of(TooMany)) == ("torn", "too-many")
    assert code_of(NotFound) == code_of(NoSuchPage) == "not-found"
    assert status_of(NoSuchPage) == 404


def test_a_limit_tells_its_value_and_how_far_one_has_come() -> None:
    refusal = LimitExceeded("copies", limit=3, current=4)
    assert str(refusal) == "At most 3 are allowed, and there are 4."
    assert refusal.members == {
        "limit_key": "copies",
        "limit_value": 3,
        "current_value": 4,
        "reset_at": None,
    }


@given(st.lists(st.text() | st.integers(min_value=0)))
def test_a_pointer_leads_back_to_where_it_was_made(path: list[str | int]) -> None:
    steps = pointer(*path).split("/")[1:]
    assert [step.replace("~1", "/").replace("~0", "~") for step in steps] == [
        str(step) for step in path
    ]
