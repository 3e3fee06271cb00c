"""Months long past leave the database and come back, and no row is lost on the way."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from dishka import AsyncContainer
from sqlalchemy import delete, select
from typer.testing import CliRunner

from apps.market.application.take_conditions import SnapshotsArchived
from apps.market.infrastructure.snapshot_models import MarketConditionModel
from apps.market.presentation.archive_command import commands
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.days import JOB, SNAPSHOT, a_market, collect, plan, snapshots
from tests.market.test_index import rows
from tests.market.test_market_api import RAW, plant
from tests.market.test_months import months
from tests.support.builders import FixedClock
from tests.support.catalog import connected
from tests.support.databases import aside
from tests.support.site import Site

LATER = FixedClock(datetime(2026, 7, 20, 9, tzinfo=UTC))
MARCH = 3
Type = Callable[..., Any]


@asynccontextmanager
async def later(url: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(url, keys, serving(Clock, LATER)) as site:
        yield site


@pytest.fixture
def type_in(url: str, keys: Path) -> Type:
    """Run a command over snapshots of the end of March and the beginning of April."""

    async def prepare() -> None:
        async with a_market(url, keys) as (site, _, __):
            await plan(site)
            await collect(site)

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        async with later(url, keys) as site:
            container: AsyncContainer = site.app.state.dishka_container
            yield container

    asyncio.run(prepare())
    return lambda *words: CliRunner().invoke(
        commands(open_container), [str(each) for each in words]
    )


def there(url: str, keys: Path) -> list[tuple[Any, ...]]:
    async def look() -> list[tuple[Any, ...]]:
        async with later(url, keys) as site:
            return await snapshots(site)

    return asyncio.run(look())


def test_a_month_leaves_and_comes_back_as_it_was(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    before, file = there(url, keys), tmp_path / "card_snapshots-2026-03.csv"
    done = type_in("run", "--to", tmp_path, "--older-than", 3)
    moved = [row for row in before if row[0].month == MARCH]
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{file}  rows {len(moved)}\n"
    assert there(url, keys) == [row for row in before if row not in moved]
    assert len(file.read_text().splitlines()) == 1 + len(moved)
    if url.startswith("postgresql"):
        assert "card_snapshots_2026_03" not in aside(lambda: asyncio.run(months(url)))
    assert type_in("run", "--to", tmp_path, "--older-than", 3).stdout == ""
    assert type_in("restore", file).stdout == f"{file}  rows {len(moved)}\n"
    assert there(url, keys) == before
    again = type_in("restore", file)
    assert again.exit_code == 1
    assert again.stderr.startswith(f"{file}: There are snapshots of this month already")
    assert there(url, keys) == before


def test_a_month_of_which_a_day_is_still_to_be_taken_down_stays(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    """Else the rest of it would be in the way of what is in the file, for good."""
    before = there(url, keys)

    async def let(state: str) -> None:
        async with later(url, keys) as site:
            last = before[0][0].replace(day=31)
            await site.run("UPDATE collection_jobs SET state = :s WHERE day = :d", s=state, d=last)

    asyncio.run(let("ready"))
    done = type_in("run", "--to", tmp_path, "--older-than", 3)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "2026-03 stays: not all of its days are taken down.\n"
    assert there(url, keys) == before
    asyncio.run(let("done"))
    assert type_in("run", "--to", tmp_path, "--older-than", 3).stdout
    assert there(url, keys) != before


def test_what_cannot_be_written_down_stays(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    """Nor is a file written over, and what is none is not read."""
    before, file = there(url, keys), tmp_path / "card_snapshots-2026-03.csv"
    file.write_text("mine\n")
    done = type_in("run", "--to", tmp_path, "--older-than", 3)
    assert (done.exit_code, file.read_text()) == (1, "mine\n")
    assert "is there already" in done.stderr
    assert there(url, keys) == before
    card, columns = f"2026-03-31,{UUID(int=1)}", ",".join(SNAPSHOT.__table__.columns.keys())
    ones = ",1" * 14
    for words in (
        *("", "mine\n", "day,card_id\n2026-03-31,mine\n", "\udcff"),
        *(
            f"{columns}\n{card}{ones},1\n",
            f"{columns}\n{card},1\n",
            f"{columns}\n{card},-5{ones[2:]}",
        ),
        *(f"{columns}\n{card},{2**63}{ones[2:]}\n", f"{columns}\n{card},{ones[2:]}\n"),
        f"{columns}\n9999-12-31,{UUID(int=1)}{ones}\n",
        f"day,card_id,copies,free\n{card},1,1\n",
        f"{columns}\n{card}{ones}\n{card}{ones}\n",
    ):
        file.write_text(words, errors="surrogateescape")
        done = type_in("restore", file)
        assert (done.exit_code, done.exception.__class__) == (1, SystemExit), words
        assert done.stderr.startswith(f"{file}: It")
    assert there(url, keys) == before


FILE = "card_snapshots-2026-03.csv"


def killed(file: Path) -> None:
    """Leave what a process leaves that is killed while it writes this file."""
    words = (
        "import os, sys; from pathlib import Path; os.fsync = lambda _: os._exit(9)\n"
        "from apps.market.presentation.archive_command import write\n"
        "write(Path(sys.argv[1]), ['day', 'card_id'], [['2026-03-31', 'half']])"
    )
    done = subprocess.run([sys.executable, "-c", words, file], check=False)
    assert done.returncode == 9


def test_who_is_killed_while_it_writes_is_in_nobodys_way(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    before, folder = there(url, keys), tmp_path / "archive"
    file = folder / FILE
    killed(file)
    assert [each.name for each in folder.iterdir()] == [f"{FILE}.new"]
    done = type_in("run", "--to", folder, "--older-than", 3)
    assert (done.exit_code, [*folder.iterdir()]) == (0, [file]), done.output
    assert "half" not in file.read_text()
    assert there(url, keys) != before
    assert type_in("restore", file).exit_code == 0
    assert there(url, keys) == before


@pytest.mark.parametrize("both_names", [True, False])
def test_a_file_of_before_that_says_the_same_will_do(
    type_in: Type, url: str, keys: Path, tmp_path: Path, *, both_names: bool
) -> None:
    """As whoever is killed before its rows are deleted leaves it; the control: with a line less."""
    before, folder = there(url, keys), tmp_path / "archive"
    file = folder / FILE
    assert type_in("run", "--to", folder, "--older-than", 3).exit_code == 0
    told = file.read_bytes()
    assert type_in("restore", file).exit_code == 0
    if both_names:
        (folder / f"{FILE}.new").hardlink_to(file)
    done = type_in("run", "--to", folder, "--older-than", 3)
    assert (done.exit_code, file.read_bytes()) == (0, told), done.output
    assert [*folder.iterdir()] == [file]
    assert there(url, keys) != before
    assert type_in("restore", file).exit_code == 0
    less = b"".join(told.splitlines(keepends=True)[:-1])
    file.write_bytes(less)
    done = type_in("run", "--to", folder, "--older-than", 3)
    assert (done.exit_code, file.read_bytes(), [*folder.iterdir()]) == (1, less, [file])
    assert f"{file} is there already" in done.stderr
    assert there(url, keys) == before


def test_a_month_that_is_read_is_dropped_by_the_next_run(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    """Its rows are gone at once; the control: while nobody reads it, it is dropped."""
    loop, is_postgresql = asyncio.new_event_loop(), url.startswith("postgresql")
    tables = aside(lambda: asyncio.run(months(url))) if is_postgresql else []
    if is_postgresql:
        reader = loop.run_until_complete(connected(url))
        loop.run_until_complete(reader.execute("BEGIN; SELECT FROM card_snapshots"))
    done = type_in("run", "--to", tmp_path, "--older-than", 3)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{tmp_path / FILE}  rows ")
    if is_postgresql:
        assert aside(lambda: asyncio.run(months(url))) == tables
        loop.run_until_complete(reader.close())
    loop.close()
    again = type_in("run", "--to", tmp_path, "--older-than", 3)
    assert (again.exit_code, again.stdout) == (0, "")
    if is_postgresql:
        assert aside(lambda: asyncio.run(months(url))) == tables[1:]
        assert tables[0] == "card_snapshots_2026_03"
    assert {day.month for day, *_ in there(url, keys)} == {MARCH + 1}


def test_a_month_that_has_left_is_told_though_the_next_one_cannot(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    async def one_more() -> None:
        async with later(url, keys) as site:
            (card,) = await site.some_cards(1)
            await plant(site, {"day": date(2026, 2, 27), "card_id": card} | RAW)

    asyncio.run(one_more())
    (tmp_path / "card_snapshots-2026-03.csv").touch()
    done = type_in("run", "--to", tmp_path, "--older-than", 3)
    assert done.exit_code == 1
    assert done.stdout == f"{tmp_path / 'card_snapshots-2026-02.csv'}  rows 1\n"
    assert "2026-03.csv is there already" in done.stderr


def test_days_that_are_held_against_a_month_in_the_archive_stay_as_they_are(
    type_in: Type, url: str, keys: Path, tmp_path: Path
) -> None:
    conditions = select(*MarketConditionModel.__table__.columns)

    async def again() -> tuple[list[tuple[Any, ...]], list[str]]:
        async with later(url, keys) as site:
            await site.run("UPDATE collection_jobs SET state = 'ready' WHERE kind = 'conditions'")
            with suppress(SnapshotsArchived):
                await collect(site)
            errors = await site.ask(select(JOB.error).where(JOB.error.is_not(None)))
            return await rows(site, conditions), errors

    before, errors = asyncio.run(again())
    assert (bool(before), errors) == (True, [])
    assert type_in("run", "--to", tmp_path, "--older-than", 3).exit_code == 0
    after, errors = asyncio.run(again())
    assert after == before
    assert errors[0].startswith("SnapshotsArchived")
    assert type_in("restore", tmp_path / "card_snapshots-2026-03.csv").exit_code == 0
    assert asyncio.run(again()) == (before, [])


def test_of_a_row_that_is_not_deleted_no_other_is(
    type_in: Type, url: str, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check that counts are conserved, seen to fail."""
    before = there(url, keys)

    async def too_few(self: Any, month: Any) -> int:
        del month
        done = await self._current.session.execute(
            delete(SNAPSHOT).where(SNAPSHOT.day == before[0][0])
        )
        return int(done.rowcount)

    monkeypatch.setattr(
        "apps.market.infrastructure.stored_snapshots.SqlStoredSnapshots.remove", too_few
    )
    done = type_in("run", "--to", tmp_path, "--older-than", 3)
    assert isinstance(done.exception, RuntimeError)
    assert there(url, keys) == before
