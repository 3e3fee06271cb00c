"""What every repository does: get, add, save."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import StatementError
from uuid_utils.compat import uuid7

from tests.support.workshop import (
    NOON,
    BookModel,
    LabelTaken,
    Shelf,
    ShelfId,
    ShelfNotFound,
    Wood,
    Workshop,
    a_shelf,
)

FULL = {
    "wood": Wood.PINE,
    "locked": True,
    "width": -7,
    "built_at": NOON,
    "moved_at": datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "built_on": NOON.date(),
    "tags": [1, "二", {"three": [None, True]}],
    "plan": bytes(range(256)),
    "room": uuid7(),
    "books": ("one", "two"),
}


def told(shelf: Shelf) -> dict[str, object]:
    return {name: value for name, value in vars(shelf).items() if not name.startswith("_")}


async def found(workshop: Workshop, id: ShelfId) -> Shelf:
    async with workshop.work:
        return await workshop.shelves.get(id)


@pytest.mark.parametrize("fields", [{}, FULL], ids=["as it is born", "with everything"])
async def test_what_was_added_comes_back_as_it_was(
    workshop: Workshop, fields: dict[str, object]
) -> None:
    shelf = await workshop.stand(a_shelf(**fields))  # type: ignore[arg-type]
    assert told(await found(workshop, shelf.id)) == told(shelf)


async def test_what_was_saved_comes_back_as_it_was(workshop: Workshop) -> None:
    shelf = await workshop.stand(a_shelf(**FULL))  # type: ignore[arg-type]
    changed = replace(shelf, books=("two", "three", "four"), moved_at=None, tags=[], plan=None)
    async with workshop.work:
        await workshop.shelves.save(changed)
    assert told(await found(workshop, shelf.id)) == told(changed)
    assert await workshop.ask(select(func.count()).select_from(BookModel)) == [3]


async def test_a_moment_is_the_same_one_whatever_zone_it_was_told_in(workshop: Workshop) -> None:
    taipei = timezone(timedelta(hours=8))
    shelf = await workshop.stand(a_shelf(moved_at=NOON.astimezone(taipei)))
    moved_at = (await found(workshop, shelf.id)).moved_at
    assert moved_at == NOON
    assert moved_at.utcoffset() == timedelta(0)


async def test_a_time_without_zone_is_no_moment(workshop: Workshop) -> None:
    with pytest.raises((ValueError, StatementError)):
        await workshop.stand(a_shelf(moved_at=NOON.replace(tzinfo=None)))
    assert await workshop.labels() == set()


async def test_a_missing_one_is_refused_by_its_name(workshop: Workshop) -> None:
    async with workshop.work:
        with pytest.raises(ShelfNotFound):
            await workshop.shelves.get(ShelfId(uuid7()))


async def test_what_is_added_is_inserted_at_once(workshop: Workshop) -> None:
    """So that a refusal comes where it is caused, and others may refer to it."""
    await workshop.stand(a_shelf("taken"))
    with pytest.raises(LabelTaken):
        async with workshop.work:
            await workshop.shelves.add(a_shelf("taken"))
            raise AssertionError("This is not reached.")


async def test_saving_writes_only_what_changed(workshop: Workshop) -> None:
    shelf = await workshop.stand(a_shelf(**FULL))  # type: ignore[arg-type]
    sent: list[str] = []
    engine = (await workshop.engine()).sync_engine
    event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    async with workshop.work:
        seen = await workshop.shelves.get(shelf.id)
        seen.width = 9
        await workshop.shelves.save(seen)
    updates = [statement for statement in sent if statement.startswith("UPDATE")]
    assert len(updates) == 1
    assert "width" in updates[0]
    assert "label" not in updates[0].partition("WHERE")[0]
    sent.clear()
    async with workshop.work:
        await workshop.shelves.save(await workshop.shelves.get(shelf.id))
    assert not [statement for statement in sent if not statement.startswith(("SELECT", "BEGIN"))]


async def test_inside_one_unit_the_same_id_is_read_once(workshop: Workshop) -> None:
    shelf = await workshop.stand(a_shelf())
    async with workshop.work:
        first = await workshop.shelves.get(shelf.id)
        first.width = 1
        await workshop.shelves.save(first)
        assert (await workshop.shelves.get(shelf.id)).width == 1


async def test_changes_one_after_the_other_are_all_kept(workshop: Workshop) -> None:
    shelf = await workshop.stand(a_shelf(width=0))

    async def widen() -> None:
        async with workshop.work:
            seen = await workshop.shelves.get(shelf.id)
            seen.width += 1
            await workshop.shelves.save(seen)

    for _ in range(5):
        await asyncio.create_task(widen())
    assert (await found(workshop, shelf.id)).width == 5
