"""A server that is told to stop finishes what it has begun; one that cannot start says so."""

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from apps.shared.infrastructure.database import WRITING, open_engine
from tests.support.catalog import connected
from tests.support.served import Served, a_server, await_ready, environment, run

ANN = {"email": "ann@kcs.test", "password": "correct horse battery", "nickname": "ann"}
FAULTS = re.compile(r"Traceback|Exception|[Ee]rror:|ERROR")
LOCK = 4_021_996
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
"""Who is connected to a database that nobody else uses yet looks again and again for their turn."""


@contextmanager
def ready(url: str, data: Path, **settings: str) -> Iterator[Served]:
    with a_server(environment(url, data, **settings)) as server:
        await_ready(server)
        yield server


@asynccontextmanager
async def writers_held_off(url: str) -> AsyncIterator[None]:
    """Keep every other connection from writing, so that a registration lasts as long as this."""
    engine = open_engine(url, pool_size=1)
    locked = "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"
    async with engine.execution_options(**WRITING).connect() as connection:
        await connection.execute(
            text(locked if engine.dialect.name == "postgresql" else "SELECT 1")
        )
        yield
    await engine.dispose()


async def people(url: str) -> int:
    """Count the members."""
    engine = open_engine(url, pool_size=1)
    async with engine.connect() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM users"))
    await engine.dispose()
    return int(count)


async def stop_in_the_middle(server: Served, url: str, *signals: signal.Signals) -> httpx.Response:
    """Have a registration wait for the database, stop the server, and let the database go on."""
    async with httpx.AsyncClient(base_url=server.address, timeout=30) as http:
        async with writers_held_off(url):
            slow = asyncio.create_task(http.post("/api/v1/auth/register", json=ANN))
            await asyncio.sleep(0.7)
            assert not slow.done()
            for told in signals:
                server.process.send_signal(told)
                await asyncio.sleep(0.3)
            with pytest.raises(httpx.ConnectError):
                await httpx.AsyncClient().get(f"{server.address}/healthz")
        return await slow


def ended_well(server: Served) -> bool:
    """Tell whether it has ended by itself, without a fault in its log."""
    code = server.process.wait(timeout=30)
    return code == 0 and not FAULTS.search(server.log.read_text())


def is_one_file(database: Path) -> bool:
    """Tell whether SQLite has brought its log back into the file, if it is on SQLite at all."""
    return not [*database.parent.glob(f"{database.name}-*")]


async def test_a_request_under_way_gets_its_answer_and_a_later_one_no_connection(
    url: str, tmp_path: Path
) -> None:
    with ready(url, tmp_path) as server:
        answer = await stop_in_the_middle(server, url, signal.SIGTERM)
        assert (answer.status_code, answer.headers["Content-Type"]) == (202, "application/json")
        assert ended_well(server)
    assert await people(url) == 1
    assert is_one_file(tmp_path / "kcs.db")


async def test_without_time_to_finish_it_is_refused_and_nothing_is_kept(
    url: str, tmp_path: Path
) -> None:
    with ready(url, tmp_path, SHUTDOWN_GRACE_S="0") as server:
        answer = await stop_in_the_middle(server, url, signal.SIGTERM)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert ended_well(server)
    assert await people(url) == 0
    assert is_one_file(tmp_path / "kcs.db")


async def test_a_second_signal_waits_for_nobody(sqlite: str, tmp_path: Path) -> None:
    with ready(sqlite, tmp_path, DRAIN_S="60", SHUTDOWN_GRACE_S="60") as server:
        answer = await stop_in_the_middle(server, sqlite, signal.SIGINT, signal.SIGINT)
        assert answer.status_code == 503
        assert ended_well(server)
    assert await people(sqlite) == 0


def test_while_it_drains_it_serves_but_is_not_ready(sqlite: str, tmp_path: Path) -> None:
    with ready(sqlite, tmp_path, DRAIN_S="3") as server:
        server.process.send_signal(signal.SIGTERM)
        refused = httpx.get(f"{server.address}/readyz")
        while refused.is_success:
            refused = httpx.get(f"{server.address}/readyz")
        assert (refused.status_code, refused.json()["code"]) == (503, "not-ready")
        assert refused.json()["detail"] == "This server is about to stop."
        assert httpx.get(f"{server.address}/api/v1/cards").status_code == 200
        assert ended_well(server)


def test_a_taken_port_is_told_in_a_line(sqlite: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(f"kcs serve --port {port}", environment(sqlite, tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Cannot listen on 127.0.0.1, port {port}: Address already in use.\n"


def test_of_several_starters_that_migrate_each_gets_ready(
    empty_postgresql: str, tmp_path: Path
) -> None:
    env = environment(empty_postgresql, tmp_path, MIGRATE_ON_START="1")
    with a_server(env) as one, a_server(env) as other:
        for server in (one, other):
            await_ready(server)
        assert (one.stop(), other.stop()) == (0, 0)


async def test_a_starter_that_waits_for_its_turn_can_be_stopped(
    empty_postgresql: str, tmp_path: Path
) -> None:
    connection = await connected(empty_postgresql)
    try:
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        with a_server(environment(empty_postgresql, tmp_path), "--migrate") as server:
            for _ in range(300):
                await asyncio.sleep(0.1)
                if await connection.fetchval(WAITING):
                    break
            assert await connection.fetchval(WAITING) == 1
            assert server.stop() == 0
            assert not FAULTS.search(server.log.read_text())
    finally:
        await connection.close()


def test_a_database_that_cannot_be_migrated_is_told_in_a_line(tmp_path: Path) -> None:
    env = environment("postgresql://app:hunter2@127.0.0.1:1/kcs", tmp_path)
    done = run("kcs serve --migrate", env)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith("The database cannot be migrated: ")
    assert "hunter2" not in line
