"""The history of runs: what is told of them, and that each can be solved again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import typer
from dishka import AsyncContainer
from sqlalchemy import select, update
from typer.testing import CliRunner

from apps.main import create_container
from apps.matching.infrastructure.round_models import MatchingRingModel, MatchingRunModel
from apps.matching.infrastructure.round_solver import RoundSolver
from apps.matching.presentation.history_command import add_history
from tests.matching.fans import a_circle, accept, opener, published, reject, result, work
from tests.support.served import environment
from tests.support.served import run as run_command
from tests.support.site import Site
from tests.support.solvers import NearSolver, rounds_only, solving_with


async def history(site: Site, *options: str) -> Any:
    """What the command prints as JSON, and how it leaves; in a thread, for it has a loop."""
    app = typer.Typer()
    app.callback()(lambda: None)

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        container = create_container(site.settings, solving_with(NearSolver()))
        try:
            yield container
        finally:
            await container.close()

    add_history(app, open_container)
    asked = ["history", "--json", *options]
    done = await asyncio.to_thread(CliRunner().invoke, app, asked)
    return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr


async def test_runs_are_listed_with_what_came_of_them(hall: Site) -> None:
    olga, *circles = (
        await opener(hall),
        *[await a_circle(hall, start=3 * n, mark=str(n)) for n in range(2)],
    )
    round = await published(hall, olga, *circles)
    rings = [(await result(round, each.members[0]))["rings"][0] for each in circles]
    await accept(rings[0]["trade_id"], *circles[0].members)
    await reject(rings[1]["trade_id"], circles[1].members[0])
    await work(hall)
    code, (again, first) = await history(hall)
    assert code == 0
    assert (first["round_id"], first["generation"], again["generation"]) == (round, 1, 2)
    assert first["rings_by_state"] == {"accepted": 1, "dissolved": 1}
    assert first["rings_by_length"] == {"3": 2}
    assert (first["cards"], first["bound"], first["expected_cards"]) == (6, 6, 5.1)
    assert (first["members"], first["offers"], first["wishes"]) == (6, 6, 6)
    assert first["seconds"] >= 0
    assert first["input"] is None
    shown = (await result(round, olga))["runs"][1]
    assert {name: shown[name] for name in ("input_digest", "result_digest", "seed")} == {
        name: first[name] for name in ("input_digest", "result_digest", "seed")
    }
    assert (await history(hall, "--limit", "1"))[1] == [again]
    assert await history(hall, "--round", str(olga.id)) == (0, [])


async def test_a_run_is_solved_again_and_compared(hall: Site) -> None:
    olga, circle = await opener(hall), await a_circle(hall)
    _ = await published(hall, olga, circle)
    (id,) = await hall.ask(select(MatchingRunModel.id))
    whole = {"input": True, "rings": True, "again": True, "same_strategy": True, "holds": True}
    assert await history(hall, "--verify", str(id)) == (0, whole)
    legs = await hall.ask(select(MatchingRingModel.legs))
    legs[0][0][0][5] += 1
    await hall.change(update(MatchingRingModel).values(legs=legs[0]))
    assert await history(hall, "--verify", str(id)) == (1, whole | {"rings": False, "holds": False})
    await hall.change(update(MatchingRunModel).values(input_digest="0" * 64))
    code, found = await history(hall, "--verify", str(id))
    assert (code, found["input"]) == (1, False)
    assert await history(hall, "--verify", str(olga.id)) == (1, "There is no such run.\n")


async def test_the_solver_of_rounds_itself_comes_to_the_same_again(sqlite: str, keys: Path) -> None:
    """In a process of its own, and once more for the command as it is installed."""
    async with Site(sqlite, keys, rounds_only()) as site:
        olga, circle = await opener(site), await a_circle(site)
        round = await published(site, olga, circle)
        (run,) = (await result(round, olga))["runs"]
        assert (run["strategy"], run["version"]) == (RoundSolver.strategy, RoundSolver.version)
        assert (run["cards"], run["bound"]) == (3, 3)
        where = environment(site.settings.database_url, keys)
    done = run_command(f"kcs match history --verify {run['id']}", where)
    assert (done.returncode, done.stdout.count("as it was.")) == (0, 3), done.stdout
    assert "NOT" not in done.stdout
