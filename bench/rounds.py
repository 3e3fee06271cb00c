"""Rounds of the same operation, one system after the other, in one run."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

import httpx

from bench.load import Job, Outcome, run
from bench.operations import CONNECTIONS, OPERATIONS, Operation, Scene
from bench.processes import Process

ALIKE = 20
"""Requests whose answers are compared before anything is measured."""


class AnswersDiffer(RuntimeError):
    """The bare program does not answer what the service does, so nothing can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many rounds, and the seconds of each measurement."""

    rounds: int
    warm_up: float
    seconds: float


@dataclass(frozen=True, slots=True)
class System:
    """A server, and the first process of its database if it has one."""

    name: str
    server: Process
    database: int | None


Results = Mapping[tuple[str, str], Sequence[Outcome]]
"""Outcomes by operation and system, one per round."""


def measure(systems: Sequence[System], scene: Scene, pace: Pace) -> Results:
    """Alternate the systems, operation by operation and round by round."""
    results: dict[tuple[str, str], list[Outcome]] = {}
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as generator:
        for _ in range(pace.rounds):
            for operation, system in _turns(systems):
                job = _job(operation, system, scene, pace)
                outcome = generator.submit(run, job).result()
                results.setdefault((operation.name, system.name), []).append(outcome)
    return results


def _turns(systems: Sequence[System]) -> Iterator[tuple[Operation, System]]:
    for operation in OPERATIONS:
        for system in systems:
            yield operation, system


def _job(operation: Operation, system: System, scene: Scene, pace: Pace) -> Job:
    return Job(
        port=system.server.port,
        requests=operation.requests(scene),
        status=operation.status,
        chained=operation.chained,
        connections=CONNECTIONS,
        warm_up=pace.warm_up,
        seconds=pace.seconds,
        server=system.server.pid,
        database=system.database,
    )


def compare(systems: Sequence[System], scene: Scene) -> None:
    """Raise AnswersDiffer unless all systems answer some requests of each operation alike."""
    with httpx.Client() as client:
        for operation in OPERATIONS:
            for request in operation.requests(scene)[:ALIKE]:
                answers = [_answer(client, system, request, operation) for system in systems]
                for one, other in pairwise(answers):
                    if one != other:
                        raise AnswersDiffer(f"{operation.name}:\n{one}\n{other}")


def _answer(
    client: httpx.Client, system: System, raw: bytes, operation: Operation
) -> tuple[int, Any]:
    head, _, body = raw.decode().partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    method, path, _ = line.split(" ")
    answer = client.request(
        method,
        f"http://127.0.0.1:{system.server.port}{path}",
        headers=dict(header.split(": ", 1) for header in headers),
        content=body,
    )
    told = answer.json()
    if answer.status_code != operation.status or operation.differing - told.keys():
        raise AnswersDiffer(f"{operation.name}: {system.name} answered {answer.text}")
    return answer.status_code, {k: v for k, v in told.items() if k not in operation.differing}
