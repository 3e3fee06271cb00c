"""Solving in the worker: how far it is, what becomes of what cannot be solved, and pairs of all."""

import asyncio
from pathlib import Path

import pytest

from apps.matching.application.close_round import SOLVE
from apps.matching.application.give_up_rounds import GiveUpRounds
from apps.matching.domain.market import Market
from apps.matching.domain.solving import Solution, Tell
from apps.shared.application.jobs import Leases, RetryJob
from tests.matching.fans import (
    NAMES,
    a_circle,
    a_round,
    accept,
    close,
    fan,
    join,
    opener,
    result,
    state,
    want,
    work,
)
from tests.support.labour import PATIENT, at_work, fields, hurry, lapse, until, work_once
from tests.support.site import Member, Site
from tests.support.solvers import NearSolver, rounds_only, solving_with

ATTEMPTS = 10


class Waiting(NearSolver):
    """Is half done, and goes on when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        tell(0.5)
        await self.go_on.wait()
        return await super().__call__(market, max_length=max_length, seed=seed, tell=tell)


class Failing(NearSolver):
    """Cannot do it."""

    async def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        del market, max_length, seed, tell
        raise ArithmeticError


async def operation_of(round: str, olga: Member) -> tuple[str, int]:
    shown = (await olga.get(f"/rounds/{round}")).json()
    told = (await olga.get(f"/operations/{shown['operation_id']}")).json()
    return told["status"], told["progress"]


async def test_the_operation_tells_how_far_the_solver_is(url: str, keys: Path) -> None:
    solver = Waiting()
    async with Site(url, keys, solving_with(solver), rounds_only()) as site:
        olga, circle = await opener(site), await a_circle(site)
        round = await a_round(olga)
        await join(round, *circle.members)
        _ = await close(round, olga)
        async with at_work(site):

            async def half_done() -> bool:
                return await operation_of(round, olga) == ("running", 40)

            async def done() -> bool:
                return await operation_of(round, olga) == ("succeeded", 100)

            await until(half_done)
            assert await state(round, olga) == "solving"
            assert await (await site.port(GiveUpRounds))() == 0, "a worker has it in hand"
            solver.go_on.set()
            await until(done)


async def test_a_round_that_cannot_be_solved_ends_without_rings(url: str, keys: Path) -> None:
    async with Site(url, keys, solving_with(Failing()), rounds_only()) as site:
        olga, circle = await opener(site), await a_circle(site)
        round = await a_round(olga)
        await join(round, *circle.members)
        _ = await close(round, olga)
        for _ in range(ATTEMPTS):
            assert await operation_of(round, olga) in {("queued", 0), ("running", 0)}
            await hurry(site)
            await work_once(site)
        assert await fields(site, SOLVE, "state") == ["dead"]
        await work(site)
        assert (await operation_of(round, olga))[0] == "failed"
        assert await state(round, olga) == "settled"


async def lose_workers(site: Site, count: int) -> None:
    """Have so many of them take the job that solves a round, and never be heard of again."""
    leases = await site.port(Leases)  # type: ignore[type-abstract]
    for _ in range(count):
        (job,) = await leases.take([SOLVE], limit=1, lease=PATIENT.lease)
        assert job.kind == SOLVE
        await lapse(site)
        await leases.reclaim()


@pytest.mark.parametrize("begun", [False, True])
async def test_a_round_whose_workers_are_lost_each_time_ends_without_rings(
    hall: Site, *, begun: bool
) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await a_round(olga)
    await join(round, *circle.members)
    _ = await close(round, olga)
    give_up = await hall.port(GiveUpRounds)
    if begun:
        await hall.run("UPDATE matching_rounds SET state = 'solving'")
    await lose_workers(hall, ATTEMPTS - 1)
    assert await give_up() == 0, "there is an attempt left"
    await lose_workers(hall, 1)
    assert await give_up() == 1
    assert await give_up() == 0
    shown = (await olga.get(f"/rounds/{round}")).json()
    operation = (await olga.get(f"/operations/{shown['operation_id']}")).json()
    assert (operation["status"], operation["problem"]["code"]) == ("failed", "internal-error")
    await work(hall)
    assert await state(round, olga) == "settled"


async def test_a_job_that_is_tried_anew_behind_the_end_of_its_round_does_nothing(
    hall: Site,
) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    round = await a_round(olga)
    await join(round, *circle.members)
    _ = await close(round, olga)
    await lose_workers(hall, ATTEMPTS)
    (job,) = await fields(hall, SOLVE, "id")
    await work(hall)
    await (await hall.port(RetryJob))(job)  # type: ignore[type-abstract]
    await work(hall)
    assert await fields(hall, SOLVE, "state") == ["done"]
    assert await state(round, olga) == "settled"
    assert (await operation_of(round, olga))[0] == "failed"


async def test_newcomers_are_matched_in_pairs(hall: Site) -> None:
    """Of level 0, with a confirmed address."""
    olga, cards = await opener(hall), await hall.some_cards(2)
    members = [await fan(hall, name, level=0) for name in NAMES[:2]]
    for member, has, wants in zip(members, cards, cards[::-1], strict=True):
        await member.hold(has)
        await want(member, wants)
    round = await a_round(olga, max_length=2)
    await join(round, *members)
    _ = await close(round, olga)
    await work(hall)
    (ring,) = (await result(round, members[0]))["rings"]
    await accept(ring["trade_id"], *members)
    await work(hall)
    (ring,) = (await result(round, members[1]))["rings"]
    assert ring["state"] == "accepted"
