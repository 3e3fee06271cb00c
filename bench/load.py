"""The load: a closed loop over raw sockets, in a process of its own that tells what it cost."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time

import uvloop

from apps.identity.domain.throttle import REFRESHES
from bench.processes import cpu_of

LENGTH = re.compile(rb"content-length: (\d+)")


class LoadFailed(RuntimeError):
    """An answer was not what every answer of this operation is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to send, for how long, and whose CPU to watch meanwhile.

    `requests` are sent in turn by all connections. Where they are `chained`, a connection goes on
    from one by refreshing with the token that it was answered, as often as a session may be.
    """

    port: int
    requests: Sequence[bytes]
    status: int
    chained: bool
    connections: int
    warm_up: float
    seconds: float
    server: int
    """The process id of the server."""
    database: int | None
    """That of the database's first process; None where the database has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Latencies in seconds, CPU in seconds by process, and how long it took."""

    latencies: Sequence[float]
    seconds: float
    server_cpu: float
    database_cpu: float
    load_cpu: float


@dataclass(slots=True)
class Run:
    """What the connections share."""

    job: Job
    sent: int = 0
    latencies: list[float] = field(default_factory=list)
    ended: bool = False
    failure: LoadFailed | None = None
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def first(self) -> bytes:
        """Return the next of the requests."""
        self.sent += 1
        return self.job.requests[self.sent % len(self.job.requests)]


class Connection(asyncio.Protocol):
    """Sends the next request when the last one is answered."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._received = b""
        self._sent_at = 0.0
        self._links = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._send(b"")

    def data_received(self, data: bytes) -> None:
        """Go on once the answer is complete."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or length is None or len(body) < int(length[1]):
            return
        self._run.latencies.append(perf_counter() - self._sent_at)
        self._run.answered.set()
        if int(head[9:12]) != self._run.job.status:
            self._run.failure = LoadFailed(self._received.decode())
            self._run.ended = True
        self._received = b""
        if not self._run.ended:
            self._send(body)

    def _send(self, body: bytes) -> None:
        request = self._following(body)
        self._sent_at = perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]

    def _following(self, body: bytes) -> bytes:
        """Return what to send behind this answer, which is empty at first."""
        if self._run.job.chained and body and self._links < REFRESHES.count:
            self._links += 1
            return refresh(json.loads(body)["refresh_token"])
        self._links = 1
        return self._run.first()


def run(job: Job) -> Outcome:
    """Send requests, and begin to count when everybody is warm."""
    return uvloop.run(_run(job))


async def _run(job: Job) -> Outcome:
    shared, loop = Run(job), asyncio.get_running_loop()
    for _ in range(job.connections):
        await loop.create_connection(lambda: Connection(shared), "127.0.0.1", job.port)
    await asyncio.sleep(job.warm_up)
    shared.latencies.clear()
    shared.answered.clear()
    before, cpu = perf_counter(), _cpu(job)
    await asyncio.sleep(job.seconds)
    await shared.answered.wait()  # longer only where a machine is too busy for a single answer
    seconds, latencies = perf_counter() - before, list(shared.latencies)
    server, database, load = (late - early for late, early in zip(_cpu(job), cpu, strict=True))
    shared.ended = True
    await asyncio.sleep(0.1)
    if shared.failure:
        raise shared.failure
    return Outcome(
        latencies=latencies,
        seconds=seconds,
        server_cpu=server,
        database_cpu=database,
        load_cpu=load,
    )


def _cpu(job: Job) -> tuple[float, float, float]:
    return cpu_of(job.server), cpu_of(job.database) if job.database else 0.0, process_time()


def request(method: str, path: str, token: str | None = None, body: object = None) -> bytes:
    """Return the bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def refresh(token: str) -> bytes:
    """Return a request that swaps a refresh token."""
    return request("POST", "/api/v1/auth/refresh", body={"refresh_token": token})
