"""Signing in: whether its time tells who has an account, and what else waits for it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

import httpx
import uvloop

from apps.main import create_app
from apps.settings import Settings

LOGIN = "/api/v1/auth/login"
AT_ONCE, ROUNDS = 20, 5
TICK = 0.001
CONNECTIONS = 5
"""Of each kind, for the servers that were measured before still hold theirs."""


class LoginAnswered(RuntimeError):
    """A wrong password was not refused as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logins:
    """Seconds: medians over the tries, and how long the event loop did not come round at most.

    `busy` is the longest that its thread worked meanwhile; the rest it waited for a core.
    """

    system: str
    tries: int
    known: float
    unknown: float
    stall: float
    busy: float


def measure_logins(system: str, port: int, url: str, data: Path, *, tries: int) -> Logins:
    """Try the server with wrong passwords, one account each, and then a service in this process."""
    known: list[float] = []
    unknown: list[float] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for number in range(1, tries + 1):
            known.append(taken(client, f"member-{number}@kcs.test"))
            unknown.append(taken(client, f"member-{number}@nobody.test"))
    stall, busy = uvloop.run(worst_stall(url, data, first=tries + 1))
    return Logins(
        system=system,
        tries=tries,
        known=median(known),
        unknown=median(unknown),
        stall=stall,
        busy=busy,
    )


def taken(client: httpx.Client, email: str) -> float:
    """Return how long a wrong password takes."""
    began = perf_counter()
    answer = client.post(LOGIN, json={"email": email, "password": "a wrong password"})
    ended = perf_counter()
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        raise LoginAnswered(answer.text)
    return ended - began


async def worst_stall(url: str, data: Path, *, first: int) -> tuple[float, float]:
    """Have twenty sign in at once, a few times, and watch the loop meanwhile.

    The service is started as a server starts it: what was built by then is never collected.
    """
    app = create_app(
        Settings(
            database_url=url,
            data_dir=data,
            db_pool_size=CONNECTIONS,
            db_reader_pool_size=CONNECTIONS,
        )
    )
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):

        async def sign_in(number: int) -> None:
            tried = {"email": f"member-{number}@kcs.test", "password": "a wrong password"}
            answer = await client.post(LOGIN, json=tried)
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                raise LoginAnswered(answer.text)

        await asyncio.gather(*map(sign_in, range(first, first + AT_ONCE)))  # connects
        worst = busy = 0.0
        for each in range(1, ROUNDS + 1):
            start = first + each * AT_ONCE
            logins = asyncio.gather(*map(sign_in, range(start, start + AT_ONCE)))
            turn, work = await longest_turn(logins)
            worst, busy = max(worst, turn), max(busy, work)
    return worst, busy


async def longest_turn(others: asyncio.Future[list[None]]) -> tuple[float, float]:
    """Return by how much the loop came late, at the worst, and worked, until all were done."""
    worst, last = 0.0, perf_counter()
    busy, worked = 0.0, thread_time()
    while not others.done():
        await asyncio.sleep(TICK)
        now = perf_counter()
        worst, last = max(worst, now - last - TICK), now
        busy, worked = max(busy, thread_time() - worked), thread_time()
    await others
    return worst, busy


def lines_of(measured: list[Logins]) -> Iterator[str]:
    """Yield a table in Markdown."""
    yield "| system | known p50 ms | unknown p50 ms | apart | stall ms | of it at work |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for its in measured:
        apart = abs(its.known - its.unknown) / min(its.known, its.unknown)
        figures = (f"{its.known * 1e3:.1f}", f"{its.unknown * 1e3:.1f}", f"{apart:.1%}")
        loop = (f"{its.stall * 1e3:.1f}", f"{its.busy * 1e3:.1f}")
        yield f"| {' | '.join((its.system, *figures, *loop))} |"
