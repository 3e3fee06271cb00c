"""A command runs in one unit of work, anew while the database is busy, and tells no lies."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from httpx import Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy, Conflict
from apps.shared.presentation import routes
from apps.shared.presentation.routes import StrictRoute
from tests.shared.test_unit_of_work import DEFERRED, HANGS_IN_THE_AIR
from tests.support.laboratory import commanding
from tests.support.site import Member, elsewhere
from tests.support.workshop import Workshop, a_shelf

PATH = "/laboratory/commands"


async def command(workshop: Workshop, step: Any, *, method: str = "POST") -> Response:
    """Have Ann send a command that takes this step."""
    workshop.app.include_router(commanding(step))
    return await sent(await workshop.join("ann"), method, PATH)


async def sent(member: Member, method: str, path: str) -> Response:
    headers = {"Authorization": f"Bearer {member.token}"}
    return await member.site.client.request(method, path, headers=headers)


async def test_an_answer_is_sent_when_what_it_tells_is_kept(workshop: Workshop) -> None:
    async def step() -> str:
        await workshop.shelves.add(a_shelf("kept"))
        return "kept"

    answer = await command(workshop, step)
    assert (answer.status_code, answer.json()) == (200, "kept")
    assert await workshop.labels() == {"kept"}


async def test_all_use_cases_of_a_command_share_one_unit(workshop: Workshop) -> None:
    sessions: list[AsyncSession] = []

    async def step() -> None:
        for _ in range(2):
            async with workshop.work:
                sessions.append(workshop.current.session)
        assert workshop.current.session is sessions[0]

    assert (await command(workshop, step)).status_code == 200
    assert sessions[0] is sessions[1]


async def test_a_question_opens_no_unit(workshop: Workshop) -> None:
    async def step() -> bool:
        return workshop.current.find() is None

    answer = await command(workshop, step, method="GET")
    assert answer.json() is True


async def test_a_refusal_leaves_nothing_and_is_not_tried_again(workshop: Workshop) -> None:
    attempts = []

    async def step() -> None:
        attempts.append(1)
        await workshop.shelves.add(a_shelf("lost"))
        raise Conflict

    answer = await command(workshop, step)
    assert (answer.status_code, len(attempts)) == (409, 1)
    assert await workshop.labels() == set()


class Counted(Conflict):
    """This attempt counts."""

    kept = True


async def test_what_a_refusal_counts_is_kept(workshop: Workshop) -> None:
    async def step() -> None:
        async with workshop.work:
            await workshop.shelves.add(a_shelf("kept"))
        raise Counted

    answer = await command(workshop, step)
    assert (answer.status_code, answer.json()["code"]) == (409, "counted")
    assert await workshop.labels() == {"kept"}


async def test_a_refusal_that_counts_is_not_told_where_it_could_not_be_counted(
    workshop: Workshop,
) -> None:
    async def step() -> None:
        await break_a_promise(workshop)
        raise Counted

    await workshop.run(DEFERRED)
    answer = await command(workshop, step)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert await workshop.labels() == set()


async def test_what_fails_inside_a_unit_is_not_kept_whatever_it_is(workshop: Workshop) -> None:
    """A use case raises such a refusal behind its unit, where nothing is left half done."""

    async def step() -> None:
        async with workshop.work:
            await workshop.shelves.add(a_shelf("lost"))
            raise Counted

    answer = await command(workshop, step)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert await workshop.labels() == set()


@pytest.mark.parametrize(
    ("bad_luck", "status", "attempts"), [(1, 200, 2), (4, 200, 5), (9, 503, 5)]
)
async def test_what_the_database_gives_up_runs_again_in_a_fresh_session_five_times_at_most(
    workshop: Workshop, bad_luck: int, status: int, attempts: int
) -> None:
    sessions: list[AsyncSession] = []

    async def step() -> None:
        sessions.append(workshop.current.session)
        await workshop.shelves.add(a_shelf("once"))
        if len(sessions) <= bad_luck:
            await give_up(workshop)

    answer = await command(workshop, step)
    assert answer.status_code == status, answer.text
    assert len({id(session) for session in sessions}) == len(sessions) == attempts
    assert await workshop.labels() == ({"once"} if status == 200 else set())
    if status == 503:
        assert (answer.json()["code"], answer.headers["Retry-After"]) == ("busy", "1")


async def give_up(workshop: Workshop) -> None:
    """Fail as a database does that prefers another's transaction."""
    if await workshop.dialect() == "postgresql":
        serialization = "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"
        await workshop.current.session.execute(text(serialization))
        return
    async with (await workshop.engine()).connect() as other:
        await other.execute(text("PRAGMA busy_timeout = 0"))
        await other.execute(text("DELETE FROM scratch_shelves"))


async def test_it_does_not_run_again_when_patience_is_over(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PATIENCE", -1)
    attempts = []

    async def step() -> None:
        attempts.append(1)
        raise Busy

    answer = await command(workshop, step)
    assert (answer.status_code, len(attempts)) == (503, 1)


async def test_a_question_that_finds_the_database_busy_is_not_asked_again(
    workshop: Workshop,
) -> None:
    attempts = []

    async def step() -> None:
        attempts.append(1)
        raise Busy

    answer = await command(workshop, step, method="GET")
    assert (answer.status_code, len(attempts)) == (503, 1)


async def test_a_fault_of_ours_is_not_tried_again(workshop: Workshop) -> None:
    attempts = []

    async def step() -> None:
        attempts.append(1)
        await workshop.shelves.add(a_shelf("lost"))
        raise ZeroDivisionError

    answer = await command(workshop, step)
    assert (answer.status_code, len(attempts)) == (500, 1)
    assert await workshop.labels() == set()


async def break_a_promise(workshop: Workshop) -> str:
    """Do what the database objects to at COMMIT only."""
    await workshop.shelves.add(a_shelf("lost"))
    await workshop.current.session.execute(HANGS_IN_THE_AIR)
    return "done"


async def test_a_commit_that_fails_is_no_success_and_leaves_nothing(workshop: Workshop) -> None:
    await workshop.run(DEFERRED)
    answer = await command(workshop, lambda: break_a_promise(workshop))
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert await workshop.labels() == set()


async def test_a_commit_after_the_answer_tells_a_lie(workshop: Workshop) -> None:
    """The control: what happens where a dependency with `yield` commits."""

    async def commit_late() -> AsyncIterator[None]:
        async with await workshop.port(UnitOfWork):  # type: ignore[type-abstract]
            yield

    late = APIRouter(route_class=StrictRoute, dependencies=[Depends(commit_late)])

    @late.post("/late")
    async def promise() -> str:
        return await break_a_promise(workshop)

    await workshop.run(DEFERRED)
    workshop.app.include_router(late)
    answer = await sent(await workshop.join("ann"), "POST", "/late")
    assert (answer.status_code, answer.json()) == (200, "done")
    assert await workshop.labels() == set()


async def test_nobody_holds_one_connection_while_waiting_for_another(url: str, keys: Path) -> None:
    """With one connection of each kind, many commands at once are all served."""
    async with Workshop(url, keys, db_pool_size=1, db_reader_pool_size=1) as workshop:
        members = [await workshop.join(f"fan{number}") for number in range(16)]
        steps = (member.send("PATCH", "/me", {"bio": "hi"}) for member in members)
        answers = await asyncio.gather(*map(elsewhere, steps))
        assert [answer.status_code for answer in answers] == [200] * len(members)
