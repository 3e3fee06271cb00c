"""Within two seconds whoever probes learns what has become of the database (B40)."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from httpx import AsyncClient

from apps.shared.infrastructure.readiness import head
from tests.support import postgres
from tests.support.budget import Budget
from tests.support.catalog import connected, execute
from tests.support.databases import at, migrate
from tests.support.postgres import Server
from tests.support.served import a_server, await_ready, environment

pytestmark = pytest.mark.soak
LOOK, PATIENCE = 0.05, 30


@asynccontextmanager
async def probing(url: str, data: Path) -> AsyncIterator[Callable[[int], Awaitable[float]]]:
    """Serve, and yield what waits for an answer of this status, and returns after how long."""
    with a_server(environment(url, data)) as server:
        await asyncio.to_thread(await_ready, server)
        async with AsyncClient(base_url=server.address, timeout=PATIENCE) as http:

            async def until(status: int) -> float:
                begun = monotonic()
                async with asyncio.timeout(PATIENCE):
                    answer = await http.get("/readyz")
                    while answer.status_code != status:
                        await asyncio.sleep(LOOK)
                        answer = await http.get("/readyz")
                assert not any(word in answer.text for word in (str(data), "app@", "asyncpg"))
                assert (await http.get("/healthz")).status_code == 200
                return monotonic() - begun

            yield until


async def test_another_revision_is_seen(url: str, tmp_path: Path, budget: Budget) -> None:
    took: dict[int, list[float]] = {200: [], 503: []}
    async with probing(url, tmp_path) as until:
        for _ in range(budget.of(2, 20)):
            for revision, status in (("earlier", 503), (head(), 200)):
                execute(url, f"UPDATE alembic_version SET version_num = '{revision}'")
                took[status].append(await until(status))
    tell(budget, "another revision", took)


async def test_a_file_that_is_moved_away_is_missed(
    sqlite: str, tmp_path: Path, budget: Budget
) -> None:
    file, elsewhere = tmp_path / "kcs.db", tmp_path / "elsewhere.db"
    took: dict[int, list[float]] = {200: [], 503: []}
    async with probing(sqlite, tmp_path) as until:
        for _ in range(budget.of(2, 20)):
            for old, new, status in ((file, elsewhere, 503), (elsewhere, file, 200)):
                old.rename(new)
                took[status].append(await until(status))
    tell(budget, "a file that is gone", took)


async def test_a_server_that_stops_or_says_nothing_is_missed(
    tmp_path: Path, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = postgres.a_free_port()
    monkeypatch.setattr(postgres, "a_free_port", lambda: port)
    owner = postgres.the_owner()
    with owner.within_reach(postgres.the_binaries()) as binaries, owner.folder() as home:
        server = Server(home, binaries, owner)
        server.create()
        url = at(f"postgresql+asyncpg://app@127.0.0.1:{port}", "postgres")
        running = server.running()
        running.__enter__()
        migrate(url)
        gone: dict[int, list[float]] = {200: [], 503: []}
        silent: dict[int, list[float]] = {200: [], 503: []}
        monkeypatch.undo()
        async with probing(url, tmp_path) as until:
            monkeypatch.setattr(postgres, "a_free_port", lambda: port)
            for _ in range(budget.of(1, 10)):
                pids = await processes(url, server)
                for told, status in ((signal.SIGSTOP, 503), (signal.SIGCONT, 200)):
                    for pid in pids:
                        os.kill(pid, told)
                    silent[status].append(await until(status))
                running.__exit__(None, None, None)
                gone[503].append(await until(503))
                running = server.running()
                running.__enter__()
                gone[200].append(await until(200))
        running.__exit__(None, None, None)
    tell(budget, "a server that is gone", gone)
    tell(budget, "a server that says nothing", silent)


async def processes(url: str, server: Server) -> list[int]:
    """Of the server, and of all who are connected to it but ourselves."""
    connection = await connected(url)
    rows = await connection.fetch(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        " AND pid != pg_backend_pid()"
    )
    await connection.close()
    first = int((server.data / "postmaster.pid").read_text().split()[0])
    return [first, *(row["pid"] for row in rows)]


def tell(budget: Budget, what: str, took: dict[int, list[float]]) -> None:
    budget.tell(
        f"{what}: not ready after {max(took[503]) * 1000:.0f} ms at most, ready again after"
        f" {max(took[200]) * 1000:.0f} ms at most, of {len(took[503])} times"
    )
