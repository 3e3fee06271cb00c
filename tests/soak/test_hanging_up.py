"""Clients that hang up leave nothing open and nothing half done (B38)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
import uvicorn

from apps.shared.infrastructure.unit_of_work import SqlUnitOfWork
from tests.soak.test_crashes import faults_found
from tests.soak.test_crowds import MOST, POOLS
from tests.soak.traders import SETTINGS
from tests.support.budget import Budget
from tests.support.catalog import fetch
from tests.support.levels import confirm_address, raise_to
from tests.support.postgres import a_free_port
from tests.support.sessions import ensure_nothing_is_open, sessions
from tests.support.site import API, Member, Site, elsewhere, proposal

LONGEST = 15
"""Seconds until a request that nobody waits for any more is over."""


@contextmanager
def quiet() -> Iterator[None]:
    """A client that hangs up is no fault."""
    with suppress(OSError, asyncio.IncompleteReadError):
        yield


@asynccontextmanager
async def listening(site: Site) -> AsyncIterator[int]:
    """The application on a socket, in this process."""
    port = a_free_port()
    config = uvicorn.Config(site.app, port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    serving = elsewhere(server._serve(None))  # noqa: SLF001, `serve` would take over signals
    try:
        while not server.started:  # noqa: ASYNC110, it tells by an attribute
            await asyncio.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        await serving


async def hang_up(port: int, request: bytes, *, sent: int, after: float) -> None:
    """Send so much of a request, and be gone a while later."""
    with quiet():
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request[:sent])
        await writer.drain()
        await asyncio.sleep(after)
        writer.transport.abort()


def spoken(ann: Member, body: object) -> bytes:
    """POST /trades, as it goes over the line."""
    told = json.dumps(body)
    return (
        f"POST {API}/trades HTTP/1.1\r\nHost: kcs.test\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {ann.token}\r\nContent-Length: {len(told)}\r\n\r\n{told}"
    ).encode()


TRADES = "SELECT count(*)::int FROM trades"


async def hung_up(site: Site, clients: int, dice: Random) -> int:
    """Have clients propose trades and hang up somewhere on the way; how many were made."""
    ann, bea = await site.join("ann"), await site.join("bea")
    await confirm_address(ann, bea)
    await raise_to(1, ann, bea)
    body = proposal(bea, give=[await ann.hold()], take=[await bea.hold()])
    request = spoken(ann, body)
    url = site.settings.database_url
    async with listening(site) as port:
        for _ in range(clients // 10):
            lengths = [dice.choice([dice.randrange(len(request)), len(request)]) for _ in range(10)]
            await asyncio.gather(
                *(
                    elsewhere(hang_up(port, request, sent=sent, after=dice.uniform(0, 0.1)))
                    for sent in lengths
                )
            )
        await ensure_nothing_is_open(url, within=LONGEST)
    pool: Any = (await site.engine()).pool
    assert pool.checkedout() == 0
    assert sum((await sessions(url)).values()) <= MOST
    assert not await faults_found(site)
    ((made,),) = await fetch(url, [TRADES])
    return int(str(made))


async def test_clients_that_hang_up_leave_nothing_open_and_nothing_half_done(
    postgresql: str, keys: Path, budget: Budget
) -> None:
    clients = budget.of(50, 1_000)
    async with Site(postgresql, keys, **SETTINGS, **POOLS) as site:
        made = await hung_up(site, clients, budget.random())
    assert 0 < made < clients
    budget.tell(f"{clients} clients hung up, {made} trades proposed, each whole; nothing left open")


async def test_where_units_of_work_are_not_closed_that_is_found(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: each change keeps its connection, and its transaction."""
    kept: list[Any] = []

    async def forget(self: SqlUnitOfWork, session: Any, _: Any = None) -> None:
        kept.append(await session.connection())
        self._turnstile.leave()

    monkeypatch.setattr(SqlUnitOfWork, "_close", forget)
    monkeypatch.setattr("tests.soak.test_hanging_up.LONGEST", 0.5)
    async with Site(postgresql, keys, **SETTINGS, **POOLS) as site:
        with pytest.raises((TimeoutError, AssertionError)):
            await hung_up(site, 10, Random(1))
        for connection in kept:
            await connection.invalidate()
