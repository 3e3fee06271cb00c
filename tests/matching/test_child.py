"""A solver in a process of its own: the loop of the worker goes on, and ortools stays outside."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest

from apps.matching.domain.generated import generated_market
from apps.matching.infrastructure import child
from apps.matching.infrastructure.child import ChildSolver, SolverDied
from tests.support.markets import faults


async def test_the_loop_goes_on_while_a_market_is_solved_with_news() -> None:
    market = generated_market(60, 1)
    news: list[float] = []
    solving = asyncio.create_task(ChildSolver()(market, max_length=3, seed=1, tell=news.append))
    turns = 0
    while not solving.done():
        await asyncio.sleep(0.01)
        turns += 1
    solution = solving.result()
    assert turns > 5
    assert news == sorted(news)
    assert news[-1] == 1
    assert 0 < solution.cards <= solution.bound
    assert faults(market, solution.rings, max_length=3) == []


async def test_who_cancels_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pids: asyncio.Queue[int] = asyncio.Queue()
    start = asyncio.create_subprocess_exec

    async def starting(*args: str, **options: Any) -> asyncio.subprocess.Process:
        process = await start(*args, **options)
        pids.put_nowait(process.pid)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    market = generated_market(60, 1)
    solving = asyncio.create_task(ChildSolver()(market, max_length=3, seed=1, tell=lambda _: None))
    pid = await pids.get()
    os.kill(pid, 0)
    solving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await solving
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_child_that_dies_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "NAME", "apps.matching.infrastructure.nowhere")
    with pytest.raises(SolverDied):
        await ChildSolver()(generated_market(5, 1), max_length=3, seed=1, tell=lambda _: None)


def test_a_child_ends_with_its_parent() -> None:
    """Control: while the pipe is open, it goes on waiting for the rest of its task."""
    waiting = subprocess.Popen(
        [sys.executable, "-m", child.NAME], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)
    assert waiting.stdin
    waiting.stdin.close()
    assert waiting.wait(10) != 0


def test_neither_the_app_nor_the_command_loads_ortools() -> None:
    """Control: the module of the solver does load it."""
    asked = "import sys, {}; sys.exit('ortools' in sys.modules or 'numpy' in sys.modules)"
    for modules, loaded in (
        ("apps.main, apps.cli, apps.matching.infrastructure.child", 0),
        (child.SOLVER, 1),
    ):
        done = subprocess.run([sys.executable, "-c", asked.format(modules)], check=False)
        assert done.returncode == loaded, modules
