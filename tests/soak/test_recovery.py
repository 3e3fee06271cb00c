"""A PostgreSQL is recovered to a time, to a name and to the end of its archive (docs/backup.md)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import asyncpg
import pytest
from sqlalchemy import select

from apps.collection.infrastructure.models import CopyModel
from tests.support.budget import Budget
from tests.support.databases import administer, at, migrate
from tests.support.recovery import Grounds, the_grounds
from tests.support.site import Member, Site

pytestmark = pytest.mark.soak

NAMED = "before-the-import"
ROW = 2048
"""Bytes that a row of ballast takes on its page."""

ARCHIVE_TIMEOUT = 10
BOUND = 300
"""Seconds in which 1 GB has to be back."""


@pytest.fixture
def grounds() -> Iterator[Grounds]:
    with the_grounds() as grounds:
        yield grounds


def server_at(port: int) -> str:
    return f"postgresql+asyncpg://app@127.0.0.1:{port}"


async def ask(port: int, statement: str, database: str = "kcs") -> object:
    """Run a statement without any time-out."""
    connection = await asyncpg.connect(at(server_at(port), database, "postgresql"))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def load_ballast(port: int, gigabytes: float) -> None:
    """Fill a table that the service does not know."""
    rows = int(gigabytes * 2**30 / ROW)
    await ask(port, "CREATE TABLE ballast (id int, words text)")
    await ask(
        port,
        "INSERT INTO ballast SELECT n, repeat(md5(n::text), 60)"
        f" FROM generate_series(1, {rows}) AS n",
    )


async def promoted(port: int) -> None:
    """Wait until it is where it was told to go: it answers questions long before."""
    async with asyncio.timeout(BOUND):
        while await ask(port, "SELECT pg_is_in_recovery()", "postgres"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def copies_at(port: int, keys: Path) -> set[str]:
    """The copies that the service finds there."""
    async with Site(at(server_at(port), "kcs"), keys) as site:
        return {str(id) for id in await site.ask(select(CopyModel.id))}


async def settled(port: int, archive: Path) -> None:
    """Wait until the log that is written by now is in the archive."""
    segment = await ask(port, "SELECT pg_walfile_name(pg_switch_wal())")
    async with asyncio.timeout(60):
        while not (archive / str(segment)).exists():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def move(folder: Path, to: Path) -> None:
    """Take it away at once, so that nothing more gets in."""
    folder.rename(to)


async def hold(member: Member, times: int) -> set[str]:
    """Enter copies, and return those that were acknowledged."""
    return {str(await member.hold()) for _ in range(times)}


async def test_all_from_before_the_point_is_back_and_nothing_from_behind_it(
    grounds: Grounds, keys: Path, budget: Budget
) -> None:
    gigabytes = budget.of(0.05, 1.0)
    with grounds.primary() as port:
        administer(server_at(port), "CREATE DATABASE kcs")
        migrate(at(server_at(port), "kcs"))
        async with Site(at(server_at(port), "kcs"), keys) as site:
            ann = await site.join("ann")
            await load_ballast(port, gigabytes)
            first = await hold(ann, 50)
            await asyncio.to_thread(grounds.take_base, port)
            before = first | await hold(ann, 50)
            time = await ask(port, "SELECT clock_timestamp()::text")
            between = await hold(ann, 50)
            await asyncio.to_thread(grounds.name_a_point, port)
            behind = await hold(ann, 50)
        await settled(port, grounds.archive)
    everything = before | between | behind
    for name, target, expected in (
        ("to-a-time", {"recovery_target_time": str(time)}, before),
        ("to-a-name", {"recovery_target_name": NAMED}, before | between),
        ("to-the-end", {}, everything),  # the control of what is left out above
        ("without-the-archive", {"restore_command": "false"}, first),  # and of what is in it
    ):
        begun = monotonic()
        with grounds.recovered(name, **target) as port:
            await promoted(port)
            seconds = monotonic() - begun
            assert await copies_at(port, keys) == expected
            held = float(str(await ask(port, "SELECT pg_database_size('kcs')"))) / 2**30
        assert seconds < BOUND
        budget.tell(
            f"{name}: {len(expected)} of {len(everything)} copies, and no other, {held:.2f} GB"
            f" back after {seconds:.0f} s"
        )


async def test_what_is_older_than_the_archive_timeout_is_not_lost_with_the_server(
    grounds: Grounds, keys: Path, budget: Budget
) -> None:
    acknowledged: dict[str, float] = {}
    with grounds.primary() as port:
        administer(server_at(port), "CREATE DATABASE kcs")
        migrate(at(server_at(port), "kcs"))
        async with Site(at(server_at(port), "kcs"), keys) as site:
            ann = await site.join("ann")
            await asyncio.to_thread(grounds.take_base, port)
            begun = monotonic()
            while monotonic() - begun < budget.of(2, 4) * ARCHIVE_TIMEOUT:
                acknowledged[str(await ann.hold())] = monotonic()
                await asyncio.sleep(0.05)
            lost_at, kept = monotonic(), grounds.folder / "kept"
            move(grounds.archive, kept)
    move(kept, grounds.archive)
    with grounds.recovered("after-the-loss") as port:
        await promoted(port)
        found = await copies_at(port, keys)
    lost = {id: lost_at - at for id, at in acknowledged.items() if id not in found}
    assert lost, "nothing was lost: the server was not"
    assert max(lost.values()) < ARCHIVE_TIMEOUT + 2
    budget.tell(
        f"{len(lost)} of {len(acknowledged)} lost with the server, the oldest acknowledged"
        f" {max(lost.values()):.1f} s before"
    )
