"""A question answered by the driver, by an open unit of work, and by SQLAlchemy: one answer."""

from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, func, make_url, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from apps.shared.application.readiness import SchemaMissing
from apps.shared.infrastructure.questions import Question
from tests.shared.test_repository import FULL
from tests.support.site import elsewhere
from tests.support.workshop import (
    FIELDS,
    NOON,
    BookModel,
    ShelfModel,
    Wood,
    Workshop,
    a_shelf,
)

COLUMNS = [getattr(ShelfModel, name) for name in sorted(FIELDS)]
EVERYTHING = Question(select(*COLUMNS).order_by(ShelfModel.label))
BY = {
    "an id": (ShelfModel.room == bindparam("given"), FULL["room"]),
    "an enum": (ShelfModel.wood == bindparam("given"), Wood.PINE),
    "a moment": (ShelfModel.moved_at == bindparam("given"), FULL["moved_at"]),
    "a moment of another zone": (
        ShelfModel.built_at == bindparam("given"),
        NOON.astimezone(timezone(timedelta(hours=9))),
    ),
    "a day": (ShelfModel.built_on == bindparam("given"), FULL["built_on"]),
    "a boolean": (ShelfModel.locked == bindparam("given"), True),
    "a number": (ShelfModel.width == bindparam("given"), -7),
    "text": (ShelfModel.label == bindparam("given"), "full"),
    "bytes": (ShelfModel.plan == bindparam("given"), FULL["plan"]),
    "a list of ids": (ShelfModel.room.in_(bindparam("given", expanding=True)), [FULL["room"]]),
    "a list of enums": (ShelfModel.wood.in_(bindparam("given", expanding=True)), [Wood.PINE]),
    "a list of texts": (ShelfModel.label.in_(bindparam("given", expanding=True)), ["full", "x"]),
    "nothing, for it is written out": (ShelfModel.wood == Wood.PINE, None),
}


def shape(rows: Any) -> list[list[tuple[Any, type]]]:
    return [[(value, type(value)) for value in row] for row in rows]


@pytest.fixture
async def library(workshop: Workshop) -> Workshop:
    """One shelf as it is born, and one with everything."""
    await workshop.stand(a_shelf("bare"))
    await workshop.stand(a_shelf("full", **FULL))
    return workshop


async def told_by_sqlalchemy(library: Workshop, question: Question, **given: Any) -> Any:
    async with AsyncSession(await library.engine()) as session:
        return (await session.execute(question.statement, given)).all()


async def test_the_driver_answers_in_the_types_of_sqlalchemy(library: Workshop) -> None:
    asked = await library.reads(EVERYTHING)
    async with library.work:
        asked_inside = await library.reads(EVERYTHING)
    expected = shape(await told_by_sqlalchemy(library, EVERYTHING))
    assert shape(asked) == shape(asked_inside) == expected
    bare, full = asked
    assert (bare.moved_at, bare.plan, bare.room) == (None, None, None)
    assert {name: getattr(full, name) for name in FULL if name != "books"} == {
        name: value for name, value in FULL.items() if name != "books"
    }
    assert type(full.wood) is Wood
    assert full.moved_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("by", BY)
async def test_a_question_takes_the_values_that_sqlalchemy_takes(
    library: Workshop, by: str
) -> None:
    criterion, given = BY[by]
    question = Question(select(ShelfModel.label, ShelfModel.id).where(criterion))
    values = {} if given is None else {"given": given}
    asked = await library.reads(question, **values)
    async with library.work:
        asked_inside = await library.reads(question, **values)
    assert asked == asked_inside
    assert shape(asked) == shape(await told_by_sqlalchemy(library, question, **values))
    assert "full" in [row.label for row in asked]


@pytest.mark.parametrize("length", [0, 1, 2, 500])
async def test_a_list_may_be_of_any_length_each_time(library: Workshop, length: int) -> None:
    question = Question(select(ShelfModel.label).where(ShelfModel.room.in_(bindparam("rooms"))))
    strangers = [uuid7() for _ in range(length)]
    assert await library.reads(question, rooms=strangers) == []
    (row,) = await library.reads(question, rooms=[*strangers, FULL["room"]])
    assert row.label == "full"


async def test_two_lists_keep_their_values_apart(library: Workshop) -> None:
    question = Question(
        select(ShelfModel.label)
        .where(ShelfModel.label.in_(bindparam("labels")), ShelfModel.wood.in_(bindparam("woods")))
        .where(ShelfModel.width < bindparam("width"))
        .order_by(ShelfModel.label)
        .limit(bindparam("limit"))
    )
    given = {"labels": ["bare", "full", "other"], "woods": [*Wood], "width": 1_000}
    assert [row.label for row in await library.reads(question, **given, limit=9)] == [
        "bare",
        "full",
    ]
    assert len(await library.reads(question, **given, limit=1)) == 1
    assert len(await library.reads(question, **given | {"woods": [Wood.OAK]}, limit=9)) == 1


async def test_two_columns_of_one_name_are_told_apart(library: Workshop) -> None:
    question = Question(
        select(ShelfModel.id, BookModel.shelf_id, BookModel.title, func.count().label("times"))
        .join(BookModel, BookModel.shelf_id == ShelfModel.id)
        .group_by(ShelfModel.id, BookModel.shelf_id, BookModel.title)
        .order_by(BookModel.title)
    )
    rows = await library.reads(question)
    assert [(row.title, row.times, row.id == row.shelf_id) for row in rows] == [
        ("one", 1, True),
        ("two", 1, True),
    ]


async def test_inside_a_unit_of_work_a_question_sees_what_was_just_written(
    workshop: Workshop,
) -> None:
    async with workshop.work:
        shelf = a_shelf("new")
        await workshop.shelves.add(shelf)
        shelf.label = "newer"
        await workshop.shelves.save(shelf)
        assert [row.label for row in await workshop.reads(EVERYTHING)] == ["newer"]
        assert await elsewhere(workshop.reads(EVERYTHING)) == []
    assert [row.label for row in await workshop.reads(EVERYTHING)] == ["newer"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM users",
        "CREATE TABLE mine (id INTEGER)",
        "INSERT INTO scratch_books SELECT * FROM scratch_books",
    ],
)
async def test_the_driver_refuses_to_write(workshop: Workshop, statement: str) -> None:
    driver = await workshop.driver()
    with pytest.raises(Exception, match=r"read-?only"):
        await driver.fetch(statement, ())
    assert await workshop.reads(EVERYTHING) == []


def test_a_question_locks_no_row() -> None:
    with pytest.raises(TypeError, match="locks no rows"):
        Question(select(ShelfModel.id).with_for_update())


def test_a_value_whose_type_nobody_knows_is_refused() -> None:
    question = Question(select(ShelfModel.id).where(func.lower(bindparam("what")) == "x"))
    with pytest.raises(TypeError, match="what"):
        question.plan(dialect())


def test_a_question_is_put_into_words_once() -> None:
    question = Question(select(ShelfModel.id))
    assert question.plan(dialect()) is question.plan(dialect())


async def test_a_table_that_is_missing_is_told_apart_from_a_busy_database(
    empty_url: str, keys: Path
) -> None:
    async with Workshop(empty_url, keys) as workshop:
        await workshop.run("DROP TABLE scratch_books")
        with pytest.raises(SchemaMissing):
            await workshop.reads(Question(select(BookModel.title)))


def dialect() -> Any:
    return make_url("postgresql+asyncpg://").get_dialect()()
