"""A solver in a process of its own, so that the worker goes on working; it dies with the worker."""

import asyncio
import os
import pickle
import struct
import sys
from asyncio.subprocess import PIPE, Process
from importlib import import_module
from threading import Thread
from typing import BinaryIO

from apps.matching.domain.market import Market
from apps.matching.domain.solving import STRATEGY, VERSION, AsideSolver, Solution, Solver, Tell

NAME = "apps.matching.infrastructure.child"
SOLVER = "apps.matching.infrastructure.round_solver"
FRAME = struct.Struct("<BQ")
"""What follows, and its size."""
TASK, TOLD, ANSWER = range(3)
NEWS = struct.Struct("<d")
ASIDE = 10
"""By how much a solver stands back behind those who answer requests."""


class SolverDied(RuntimeError):
    """The process of a solver has ended without an answer."""


class ChildSolver(AsideSolver):
    """Sends a market to a fresh interpreter, and reads how far it is until it answers."""

    strategy = STRATEGY
    version = VERSION

    async def __call__(self, market: Market, *, max_length: int, seed: int, tell: Tell) -> Solution:
        """Solve it; whoever cancels this ends the process."""
        task = await asyncio.to_thread(pickle.dumps, (market, max_length, seed))
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", NAME, stdin=PIPE, stdout=PIPE
        )
        try:
            answer = await exchange(child, task, tell)
        except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError):
            raise SolverDied(f"The solver has ended with {await child.wait()}.") from None
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        solution: Solution = await asyncio.to_thread(pickle.loads, answer)
        return solution


async def exchange(child: Process, task: bytes, tell: Tell) -> bytes:
    """Hand over the task, and pass on the news until the answer is here."""
    if not child.stdin or not child.stdout:
        raise AssertionError("Both ends are pipes.")
    child.stdin.write(FRAME.pack(TASK, len(task)))
    child.stdin.write(task)
    await child.stdin.drain()
    while True:
        kind, size = FRAME.unpack(await child.stdout.readexactly(FRAME.size))
        body = await child.stdout.readexactly(size)
        if kind == ANSWER:
            return body
        tell(*NEWS.unpack(body))


def main() -> None:
    """Be the child: what libraries print goes to standard error, not between the frames."""
    os.nice(ASIDE)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    inlet = sys.stdin.buffer
    _, size = FRAME.unpack(inlet.read(FRAME.size))
    market, max_length, seed = pickle.loads(inlet.read(size))  # noqa: S301 - from our parent alone
    Thread(target=end_with, args=(inlet,), daemon=True).start()
    solver: Solver = import_module(SOLVER).RoundSolver()

    def tell(done: float) -> None:
        send(out, TOLD, NEWS.pack(done))

    solution = solver(market, max_length=max_length, seed=seed, tell=tell)
    send(out, ANSWER, pickle.dumps(solution))


def send(out: BinaryIO, kind: int, body: bytes) -> None:
    """Write one frame."""
    out.write(FRAME.pack(kind, len(body)) + body)
    out.flush()


def end_with(inlet: BinaryIO) -> None:
    """Leave at once when nobody is there any more to read the answer."""
    if not inlet.read(1):
        os._exit(1)


if __name__ == "__main__":
    main()
