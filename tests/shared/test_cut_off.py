"""Who is cancelled in the middle of a statement leaves no lock behind in SQLite."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from apps.shared.infrastructure import database
from tests.support.site import elsewhere
from tests.support.workshop import Workshop, a_shelf

ANSWERING = [
    "SELECT hold()",
    "SELECT hold() UNION ALL SELECT 2",
    "UPDATE scratch_shelves SET width = hold() RETURNING width",
]
"""What has a row to tell, so that its cursor is open until that is fetched."""

SILENT = "UPDATE scratch_shelves SET width = hold()"

SECONDS = 10
"""How long a statement is waited for at most."""


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Nothing is let go of by chance."""
    gc.disable()
    yield
    gc.enable()


async def cut_off(workshop: Workshop, statement: str, *, times: int = 1) -> None:
    """Cancel a unit of work while that runs, and let it end then."""
    begun, over = threading.Event(), threading.Event()

    def hold() -> int:
        begun.set()
        return int(over.wait(SECONDS))

    async def write() -> None:
        async with workshop.work:
            await workshop.current.transaction.connection.create_function("hold", 0, hold)
            await workshop.shelves.add(a_shelf("lost"))
            await workshop.current.transaction.flush()
            await workshop.current.session.execute(text(statement))

    writing = elsewhere(write())
    assert await asyncio.to_thread(begun.wait, SECONDS)
    for _ in range(times):
        writing.cancel()
        await asyncio.sleep(0.01)
    over.set()
    with pytest.raises(asyncio.CancelledError):
        await writing


async def write_beside(workshop: Workshop) -> None:
    """As another process would, whose patience is short."""

    def write() -> None:
        file = make_url(workshop.settings.database_url).database or ""
        with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")

    await asyncio.to_thread(write)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("statement", [*ANSWERING, SILENT])
async def test_others_can_write(sqlite: str, keys: Path, statement: str, times: int) -> None:
    async with Workshop(sqlite, keys) as workshop:
        await workshop.stand(a_shelf("there"))
        await cut_off(workshop, statement, times=times)
        await write_beside(workshop)
        await workshop.stand(a_shelf("next"))
        assert await workshop.labels() == {"there", "next"}
        assert await workshop.connections_in_use() == 0


@pytest.mark.parametrize("statement", ANSWERING)
async def test_where_the_cursor_is_left_open_they_wait_for_the_collector(
    sqlite: str, keys: Path, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: SQLAlchemy takes the connection for lost."""
    monkeypatch.setattr(database, "_keep_what_is_cut_off", lambda _: None)
    async with Workshop(sqlite, keys) as workshop:
        await workshop.stand(a_shelf("there"))
        await cut_off(workshop, statement)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await write_beside(workshop)
        gc.collect()
        await write_beside(workshop)
