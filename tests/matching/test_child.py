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

ASKED = f"""
import asyncio, sys
from importlib import import_module

import httpx

import apps.cli
from apps.main import create_app

async def ask():
    app = create_app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as http:
        return (await http.get("/healthz")).status_code

def loaded():
    return sorted({{"numpy", "ortools"}} & set(sys.modules))

print(asyncio.run(ask()))
print(loaded())
import_module("{child.SOLVER}")
print(loaded())
"""


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


def test_neither_the_app_nor_a_request_nor_the_command_loads_ortools() -> None:
    """Control: the module of the solver does load it."""
    done = subprocess.run([sys.executable, "-c", ASKED], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["200", "[]", "['numpy', 'ortools']"]
