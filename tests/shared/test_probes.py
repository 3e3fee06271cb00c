"""Probes have a connection of their own: one, and none that requests could keep from them."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from dishka import Provider, Scope
from httpx import Response

from apps.shared.infrastructure import readiness
from apps.shared.infrastructure.database import USUAL
from apps.shared.infrastructure.readiness import Probe, head
from apps.shared.infrastructure.reads import Driver
from tests.support.catalog import connected
from tests.support.counting import CountingSite
from tests.support.site import Site, elsewhere

SLOW = {
    "postgresql": "SELECT pg_sleep(1)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)"
    " SELECT count(*) FROM n",
}
MINE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


async def waits_for_requests(site: Site) -> bool:
    """Whether a probe is answered only after a question that takes all the room there is."""
    driver = await site.driver()
    slow = elsewhere(driver.fetch(SLOW[await site.dialect()], ()))
    await asyncio.sleep(0.05)
    assert not slow.done()
    assert (await site.client.get("/readyz")).status_code == 200
    waited = slow.done()
    await slow
    return waited


async def test_a_probe_waits_for_no_request(url: str, keys: Path) -> None:
    async with Site(url, keys, db_reader_pool_size=1) as site:
        assert not await waits_for_requests(site)


def sharing() -> Provider:
    """Let probes ask where requests do."""
    provider = Provider(scope=Scope.APP)

    def probe(driver: Driver) -> Probe:
        return Probe(driver)

    provider.provide(probe)
    return provider


async def test_a_probe_on_a_connection_of_requests_waits_for_them(
    url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(readiness, "PATIENCE", 60)
    async with Site(url, keys, sharing(), db_reader_pool_size=1) as site:
        assert await waits_for_requests(site)


async def test_many_who_probe_at_once_hold_one_connection_and_ask_one_question(
    postgresql: str, keys: Path
) -> None:
    connection = await connected(postgresql)
    try:
        before = await connection.fetchval(MINE)
        async with CountingSite(postgresql, keys) as site:
            for path in ("/readyz", "/startupz", "/healthz"):
                asked = [site.client.get(path) for _ in range(20)]
                assert {each.status_code for each in await asyncio.gather(*asked)} == {200}
            assert len(site.statements) == 2
            assert await connection.fetchval(MINE) - before == 1
    finally:
        await connection.close()


async def test_a_connection_that_was_cut_is_no_reason_not_to_be_ready(
    postgresql: str, keys: Path
) -> None:
    async with Site(postgresql, keys) as site:
        assert (await site.client.get("/readyz")).status_code == 200
        connection = await connected(postgresql)
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
        await connection.close()
        assert (await site.client.get("/readyz")).status_code == 200


@asynccontextmanager
async def a_black_hole() -> AsyncIterator[str]:
    """Yield the URL of a server that takes every connection and never says a word."""

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()

    async with await asyncio.start_server(swallow, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"postgresql+asyncpg://app@{host}:{port}/kcs"


async def test_a_database_that_says_nothing_is_not_waited_for(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "PATIENCE", 0.2)
    async with a_black_hole() as url, Site(url, keys) as site:
        async with asyncio.timeout(USUAL.turn_s - 1):
            assert refused(await site.client.get("/readyz"))
        async with asyncio.timeout(USUAL.turn_s - 1):
            assert refused(await site.client.get("/startupz"))


def refused(answer: Response) -> bool:
    return (answer.status_code, answer.json()["code"]) == (503, "not-ready")


async def test_a_sqlite_file_that_is_gone_is_missed_though_it_is_still_open(
    sqlite: str, keys: Path, tmp_path: Path
) -> None:
    file, elsewhere_ = tmp_path / "kcs.db", tmp_path / "elsewhere.db"
    async with Site(sqlite, keys) as site:
        for path in ("/readyz", "/api/v1/cards"):
            assert (await site.client.get(path)).status_code == 200
        file.rename(elsewhere_)
        assert refused(await site.client.get("/readyz"))
        assert not file.exists()
        elsewhere_.rename(file)
        assert (await site.client.get("/readyz")).status_code == 200


async def test_a_sqlite_file_in_place_of_which_an_older_one_was_put_is_not_ready(
    sqlite: str, keys: Path, tmp_path: Path
) -> None:
    older = tmp_path / "older.db"
    with closing(sqlite3.connect(older)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
    async with Site(sqlite, keys) as site:
        assert (await site.client.get("/readyz")).status_code == 200
        older.replace(tmp_path / "kcs.db")
        answer = await site.client.get("/readyz")
        assert refused(answer)
        assert answer.json()["found_revision"] == "0001"
        assert answer.json()["expected_revision"] == head()


async def test_a_sqlite_file_that_somebody_keeps_to_themselves_is_not_ready(
    sqlite: str, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "PATIENCE", 0.2)
    with closing(sqlite3.connect(tmp_path / "kcs.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        async with Site(sqlite, keys) as site:
            answer = await site.client.get("/readyz")
            assert refused(answer)
            assert answer.json()["detail"] == "The database does not answer."
            connection.execute("ROLLBACK")
            connection.close()
            await asyncio.sleep(0.1)
            assert (await site.client.get("/readyz")).status_code == 200


async def test_a_file_that_is_no_database_is_told_by_the_class_of_its_fault_alone(
    sqlite: str, keys: Path, tmp_path: Path
) -> None:
    (tmp_path / "kcs.db").write_bytes(b"planted " * 1000)
    async with Site(sqlite, keys) as site:
        answer = await site.client.get("/readyz")
    assert refused(answer)
    assert answer.json()["detail"] == "The database is at fault: DatabaseError."
    assert str(tmp_path) not in answer.text
