"""Services are built once, transactions are not: whose session is it?"""

import asyncio
from pathlib import Path

import pytest

from tests.support.site import elsewhere
from tests.support.workshop import Workshop, a_shelf

NOT_YOURS = "started inside a unit of work"


async def test_two_requests_hold_sessions_of_their_own(postgresql: str, keys: Path) -> None:
    async with Workshop(postgresql, keys) as workshop:
        both_are_inside = asyncio.Barrier(2)

        async def one() -> object:
            async with workshop.work:
                mine = workshop.current.session
                async with both_are_inside:
                    assert workshop.current.session is mine
                async with workshop.work:
                    assert workshop.current.session is mine
            return mine

        first, second = await asyncio.gather(elsewhere(one()), elsewhere(one()))
        assert first is not second


async def test_outside_of_a_unit_of_work_a_repository_says_what_is_missing(
    workshop: Workshop,
) -> None:
    shelf = a_shelf()
    for step in (workshop.shelves.get(shelf.id), workshop.shelves.save(shelf)):
        with pytest.raises(RuntimeError, match="inside `async with work`"):
            await step


async def test_a_task_started_inside_a_unit_of_work_may_not_use_it(workshop: Workshop) -> None:
    async def inner() -> None:
        async with workshop.work:
            pass

    async with workshop.work:
        for step in (inner(), workshop.shelves.get(a_shelf().id)):
            with pytest.raises(RuntimeError, match=NOT_YOURS):
                await asyncio.create_task(step)


async def test_a_task_that_outlives_the_unit_it_was_started_in_opens_its_own(
    workshop: Workshop,
) -> None:
    the_outer_has_ended = asyncio.Event()

    async def late() -> object:
        await the_outer_has_ended.wait()
        async with workshop.work:
            return workshop.current.session

    async with workshop.work:
        outer, task = workshop.current.session, asyncio.create_task(late())
    the_outer_has_ended.set()
    assert await task is not outer
    with pytest.raises(RuntimeError):
        _ = workshop.current.session


async def test_each_unit_of_a_task_has_a_session_of_its_own(workshop: Workshop) -> None:
    sessions = []
    for _ in range(2):
        async with workshop.work:
            sessions.append(workshop.current.session)
    assert sessions[0] is not sessions[1]


async def test_a_unit_that_failed_is_forgotten(workshop: Workshop) -> None:
    with pytest.raises(KeyError):
        async with workshop.work:
            raise KeyError
    assert workshop.current.find() is None
