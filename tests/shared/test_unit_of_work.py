"""One transaction per use case, whatever happens inside it."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from apps.shared.application.work import ChangedMeanwhile
from apps.shared.domain.errors import Busy
from apps.shared.domain.model import Event
from tests.support.site import elsewhere
from tests.support.workshop import Filled, LabelTaken, Shelf, ShelfModel, Workshop, a_shelf

DEFERRED = """CREATE TABLE anchors (
    id INTEGER PRIMARY KEY,
    parent INTEGER REFERENCES anchors (id) DEFERRABLE INITIALLY DEFERRED
)"""
HANGS_IN_THE_AIR = text("INSERT INTO anchors VALUES (1, 2)")


async def test_what_is_left_cleanly_is_kept(workshop: Workshop) -> None:
    async with workshop.work:
        await workshop.shelves.add(a_shelf("kept"))
    assert await workshop.labels() == {"kept"}


async def test_what_fails_leaves_nothing(workshop: Workshop) -> None:
    with pytest.raises(KeyError):
        async with workshop.work:
            await workshop.shelves.add(a_shelf("lost"))
            raise KeyError
    assert await workshop.labels() == set()


async def test_nobody_sees_what_is_not_kept_yet(workshop: Workshop) -> None:
    async with workshop.work:
        await workshop.shelves.add(a_shelf("soon"))
        assert await elsewhere(workshop.labels()) == set()
    assert await workshop.labels() == {"soon"}


async def test_an_inner_unit_joins_the_outer_one(workshop: Workshop) -> None:
    async with workshop.work:
        session = workshop.current.session
        async with workshop.work:
            assert workshop.current.session is session
            await workshop.shelves.add(a_shelf("inner"))
        assert await elsewhere(workshop.labels()) == set()
    assert await workshop.labels() == {"inner"}


async def test_an_error_in_the_outer_unit_undoes_the_inner_one(workshop: Workshop) -> None:
    with pytest.raises(KeyError):
        async with workshop.work:
            async with workshop.work:
                await workshop.shelves.add(a_shelf("inner"))
            raise KeyError
    assert await workshop.labels() == set()


async def test_an_inner_failure_dooms_the_whole_even_when_swallowed(workshop: Workshop) -> None:
    with pytest.raises(RuntimeError, match="nothing was saved"):
        async with workshop.work:
            await workshop.shelves.add(a_shelf("outer"))
            with suppress(KeyError):
                async with workshop.work:
                    raise KeyError
    assert await workshop.labels() == set()
    await workshop.stand(a_shelf("next"))
    assert await workshop.labels() == {"next"}


async def test_each_event_is_told_once_and_in_order(workshop: Workshop) -> None:
    shelf = await workshop.stand(a_shelf())
    async with workshop.work:
        shelf.put("one")
        await workshop.shelves.save(shelf)
        async with workshop.work:
            shelf.put("two")
            await workshop.shelves.save(shelf)
        assert workshop.town.heard == []
    async with workshop.work:
        await workshop.shelves.save(shelf)
    assert [told.book for told in workshop.town.heard if isinstance(told, Filled)] == ["one", "two"]


async def test_what_subscribers_cause_is_told_too_until_all_is_quiet(workshop: Workshop) -> None:
    first, second = await workshop.stand(a_shelf("1")), await workshop.stand(a_shelf("2"))

    async def pass_on(event: Event) -> None:
        if isinstance(event, Filled) and len(event.book) < 4:
            async with workshop.work:
                other = await workshop.shelves.get(second.id)
                other.put(event.book + "!")
                await workshop.shelves.save(other)

    workshop.town.answer = pass_on
    async with workshop.work:
        first.put("a")
        await workshop.shelves.save(first)
    told = [event.book for event in workshop.town.heard if isinstance(event, Filled)]
    assert told == ["a", "a!", "a!!", "a!!!"]
    async with workshop.work:
        assert (await workshop.shelves.get(second.id)).books == ("a!", "a!!", "a!!!")


async def test_nothing_is_told_of_what_was_not_kept(workshop: Workshop) -> None:
    shelf = await workshop.stand(a_shelf())
    with pytest.raises(KeyError):
        async with workshop.work:
            shelf.put("one")
            await workshop.shelves.save(shelf)
            raise KeyError
    assert workshop.town.heard == []


async def test_what_was_kept_is_announced_when_the_connection_is_back(workshop: Workshop) -> None:
    in_use: list[int] = []

    async def look(events: Sequence[Event]) -> None:
        assert workshop.current.find() is None
        in_use.append(await workshop.connections_in_use())
        assert await workshop.labels() == {"first"}
        announced.append(events)

    announced: list[Sequence[Event]] = []
    with patch.object(workshop.town, "announce", look):
        async with workshop.work:
            shelf = a_shelf()
            shelf.put("one")
            async with workshop.work:
                await workshop.shelves.add(shelf)
            shelf.put("two")
    assert (in_use, [announced]) == ([0], [[workshop.town.heard]])
    assert len(workshop.town.heard) == 2


@pytest.mark.parametrize("at_commit", [True, False])
async def test_nothing_is_announced_of_what_was_not_kept(
    workshop: Workshop, *, at_commit: bool
) -> None:
    await workshop.run(DEFERRED)
    with pytest.raises((IntegrityError, KeyError)):
        async with workshop.work:
            shelf = a_shelf()
            shelf.put("one")
            await workshop.shelves.add(shelf)
            if not at_commit:
                raise KeyError
            await workshop.current.session.execute(HANGS_IN_THE_AIR)
    assert workshop.town.announced == []


async def test_a_failing_subscriber_undoes_its_cause(workshop: Workshop) -> None:
    async def object_to(event: Event) -> None:
        raise LookupError(event)

    workshop.town.answer = object_to
    with pytest.raises(LookupError):
        async with workshop.work:
            shelf = a_shelf()
            shelf.put("one")
            await workshop.shelves.add(shelf)
    assert await workshop.labels() == set()


@pytest.mark.parametrize("flushed_inside", [True, False])
async def test_a_violated_constraint_speaks_the_words_of_the_domain(
    workshop: Workshop, *, flushed_inside: bool
) -> None:
    await workshop.stand(a_shelf("taken"))
    with pytest.raises(LabelTaken):
        async with workshop.work:
            workshop.current.session.add(ShelfModel.of(a_shelf("taken")))
            if flushed_inside:
                await workshop.current.session.flush()
    assert await workshop.labels() == {"taken"}


async def test_a_violation_that_no_word_was_agreed_for_is_our_fault(workshop: Workshop) -> None:
    with pytest.raises(IntegrityError):
        async with workshop.work:
            await workshop.current.session.execute(
                text("INSERT INTO scratch_books (shelf_id, position, title) VALUES (NULL, 1, 'a')")
            )


async def test_a_commit_that_fails_leaves_nothing_and_nobody_in_its_way(workshop: Workshop) -> None:
    await workshop.run(DEFERRED)
    for _ in range(3):
        with pytest.raises(IntegrityError):
            async with workshop.work:
                await workshop.shelves.add(a_shelf("lost"))
                await workshop.current.session.execute(HANGS_IN_THE_AIR)
        assert await workshop.connections_in_use() == 0
    await workshop.stand(a_shelf("next"))
    assert await workshop.labels() == {"next"}


async def change(workshop: Workshop, shelf: Shelf) -> None:
    async with workshop.work:
        seen = await workshop.shelves.get(shelf.id)
        seen.width += 1
        await workshop.shelves.save(seen)


@pytest.mark.parametrize("holds_what_it_read", [True, False])
async def test_who_saves_what_somebody_else_changed_meanwhile_is_refused(
    postgresql: str, keys: Path, *, holds_what_it_read: bool
) -> None:
    """The control: a session that forgets what it read overwrites the other's change."""
    async with Workshop(postgresql, keys) as workshop:
        shelf = await workshop.stand(a_shelf(width=1))
        refused = False
        try:
            async with workshop.work:
                seen = await workshop.shelves.get(shelf.id)
                if not holds_what_it_read:
                    workshop.current.transaction.rows.clear()
                await elsewhere(change(workshop, shelf))
                seen.width += 10
                await workshop.shelves.save(seen)
        except ChangedMeanwhile:
            refused = True
        async with workshop.work:
            width = (await workshop.shelves.get(shelf.id)).width
        assert (refused, width) == ((True, 2) if holds_what_it_read else (False, 11))


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "57014", "57P01", "53300", "08006"])
async def test_what_passes_by_itself_is_no_fault(postgresql: str, keys: Path, state: str) -> None:
    async with Workshop(postgresql, keys) as workshop:
        with pytest.raises(Busy):
            async with workshop.work:
                await workshop.current.session.execute(fail_with(state))
        assert await workshop.connections_in_use() == 0


async def test_what_does_not_pass_by_itself_is_our_fault(postgresql: str, keys: Path) -> None:
    async with Workshop(postgresql, keys) as workshop:
        with pytest.raises(DBAPIError):
            async with workshop.work:
                await workshop.current.session.execute(fail_with("22012"))


def fail_with(state: str) -> TextClause:
    return text(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")
