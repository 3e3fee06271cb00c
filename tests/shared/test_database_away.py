"""A server that goes away is waited for by nobody, and forgotten by nobody when it is back."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.questions import Question
from tests.support import postgres
from tests.support.catalog import connected
from tests.support.databases import at, migrate
from tests.support.postgres import Server
from tests.support.workshop import ShelfModel, Workshop, a_shelf

LABELS = Question(select(ShelfModel.label))


@pytest.fixture
def server() -> Iterator[Server]:
    """One of our own, which may be stopped."""
    with ExitStack() as on:
        owner = postgres.the_owner()
        binaries = on.enter_context(owner.within_reach(postgres.the_binaries()))
        server = Server(on.enter_context(owner.folder(*postgres.memory())), binaries, owner)
        server.create()
        yield server


async def test_requests_are_refused_while_it_is_away_and_served_when_it_is_back(
    server: Server, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = postgres.a_free_port()
    monkeypatch.setattr(postgres, "a_free_port", lambda: port)
    url = at(f"postgresql+asyncpg://app@127.0.0.1:{port}", "postgres")
    with ExitStack() as on:
        on.enter_context(server.running())
        migrate(url)
        workshop = await on_enter(Workshop(url, keys, db_pool_size=2))
        ann = await workshop.join("ann")
        await workshop.stand(a_shelf("before"))
        assert len(await workshop.reads(LABELS)) == 1
        on.close()

        for _ in range(3):
            with pytest.raises(Busy):
                await workshop.reads(LABELS)
            with pytest.raises(Busy):
                await workshop.stand(a_shelf("meanwhile"))
        assert await workshop.connections_in_use() == 0
        assert (await workshop.client.get("/healthz")).status_code == 200
        for answer in (
            await workshop.client.get("/readyz"),
            await ann.get("/me"),
            await ann.send("PATCH", "/me", {"bio": "hi"}),
            await workshop.client.get("/api/v1/cards"),
        ):
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"] == "1"
            assert str(port) not in answer.text

        on.enter_context(server.running())
        await workshop.stand(a_shelf("after"))
        assert {row.label for row in await workshop.reads(LABELS)} == {"before", "after"}
        for answer in (
            await workshop.client.get("/readyz"),
            await ann.get("/me"),
            await ann.send("PATCH", "/me", {"bio": "hi"}),
        ):
            assert answer.status_code == 200, answer.text
        await workshop.__aexit__(None, None, None)


async def on_enter(workshop: Workshop) -> Workshop:
    return await workshop.__aenter__()


async def test_connections_that_are_cut_are_replaced(postgresql: str, keys: Path) -> None:
    async with Workshop(postgresql, keys) as workshop:
        await workshop.stand(a_shelf("before"))
        assert len(await workshop.reads(LABELS)) == 1
        await cut(postgresql)
        for _ in range(3):
            try:
                await workshop.reads(LABELS)
            except Busy:
                continue
            break
        else:
            pytest.fail("The readers found no way back.")
        try:
            await workshop.stand(a_shelf("first"))
        except Busy:
            await workshop.stand(a_shelf("second"))
        assert await workshop.connections_in_use() == 0


async def cut(url: str) -> None:
    """End every session but our own, as an operator or a crash would."""
    connection = await connected(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
    finally:
        await connection.close()


async def test_a_sqlite_file_that_is_gone_is_not_made_anew(
    tmp_path: Path, keys: Path, sqlite: str
) -> None:
    async with Workshop(sqlite, keys) as workshop:
        (tmp_path / "kcs.db").rename(tmp_path / "elsewhere.db")
        with pytest.raises(Busy):
            await workshop.reads(LABELS)
        answer = await workshop.client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
        assert not (tmp_path / "kcs.db").exists()
        (tmp_path / "elsewhere.db").rename(tmp_path / "kcs.db")
        assert await workshop.reads(LABELS) == []
