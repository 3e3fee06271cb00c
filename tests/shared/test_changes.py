"""A change of one statement is kept by itself, and has no part in a unit of work."""

import pytest
from sqlalchemy import bindparam, update

from apps.shared.infrastructure.changes import Change, Changes
from tests.support.site import elsewhere
from tests.support.workshop import ShelfModel, Workshop, a_shelf

RELABEL = Change(
    update(ShelfModel)
    .where(ShelfModel.label == bindparam("old"))
    .values(label=bindparam("new"))
    .returning(ShelfModel.id, ShelfModel.label)
)


async def test_it_is_kept_once_it_is_answered(workshop: Workshop) -> None:
    shelf, changes = await workshop.stand(a_shelf("old")), await workshop.port(Changes)
    assert await changes(RELABEL, old="old", new="new") == [(shelf.id, "new")]
    assert await changes(RELABEL, old="old", new="newer") == []
    assert await workshop.labels() == {"new"}


async def test_many_at_once_take_turns_and_one_of_them_wins(workshop: Workshop) -> None:
    await workshop.stand(a_shelf("old"))
    changes = await workshop.port(Changes)
    tasks = [elsewhere(changes(RELABEL, old="old", new=f"new {each}")) for each in range(40)]
    answers = [await task for task in tasks]
    assert {label for answer in answers for _, label in answer} == await workshop.labels()
    assert sorted(map(len, answers)) == [0] * 39 + [1]
    assert await workshop.connections_in_use() == 0


async def test_inside_a_unit_of_work_it_is_refused(workshop: Workshop) -> None:
    await workshop.stand(a_shelf("old"))
    changes = await workshop.port(Changes)
    async with workshop.work:
        with pytest.raises(RuntimeError, match="unit of work"):
            await changes(RELABEL, old="old", new="new")
    assert await workshop.labels() == {"old"}
