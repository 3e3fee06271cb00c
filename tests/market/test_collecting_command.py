"""What operators type to take days down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from dishka import AsyncContainer
from sqlalchemy import delete
from typer.testing import CliRunner

from apps.market.application.collect import MOST_ATTEMPTS, Collection, Collections, Snapshots
from apps.market.infrastructure.collections import SqlCollections
from apps.market.presentation.collecting_command import add_collecting
from apps.shared.domain.errors import Busy
from apps.shared.domain.ids import Clock
from tests.identity.stage import built, serving
from tests.market.days import AFTER, DAYS, FIRST, SNAPSHOT, a_market, snapshots
from tests.market.test_collecting import Dying, Killed
from tests.support.builders import FixedClock
from tests.support.site import Site

Type = Callable[..., Any]
FULL = "ValueError: The disk is full."


@pytest.fixture
def deaths() -> list[BaseException]:
    """What goes wrong, one after the other."""
    return []


@pytest.fixture
def type_in(url: str, keys: Path, deaths: list[BaseException]) -> Type:
    """Run a command over a market of some days."""

    async def prepare() -> None:
        async with a_market(url, keys):
            pass

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        clock = serving(Clock, FixedClock(AFTER))
        async with Site(url, keys, clock, built(Snapshots, Dying)) as site:
            dying: Any = await site.port(Snapshots)
            dying.deaths = deaths
            container: AsyncContainer = site.app.state.dishka_container
            yield container

    asyncio.run(prepare())
    app = typer.Typer()
    add_collecting(app, open_container)
    return lambda *words: CliRunner().invoke(app, words)


def taken(url: str, keys: Path, *, emptied: bool = False) -> list[tuple[Any, ...]]:
    """Return the snapshots there are, before they are deleted perhaps."""

    async def look() -> list[tuple[Any, ...]]:
        async with Site(url, keys) as site:
            found = await snapshots(site)
            if emptied:
                await site.change(delete(SNAPSHOT))
            return found

    return asyncio.run(look())


def test_days_are_taken_down_and_again(type_in: Type, url: str, keys: Path) -> None:
    done = type_in("collect")
    lines = done.stdout.splitlines()
    assert (done.exit_code, len(lines)) == (0, 2 * DAYS)
    assert lines[0].startswith(f"{FIRST}  snapshot    done     attempts 1  rows 2  events to ")
    assert lines[1].startswith(f"{FIRST}  conditions  done     attempts 1  rows 1  events to ")
    before = taken(url, keys, emptied=True)
    assert type_in("collect").stdout == done.stdout
    assert taken(url, keys) == []
    assert type_in("collect", "--since", "2026-03-31", "--again").exit_code == 1
    assert "SnapshotsArchived" in type_in("jobs", "--failed").stdout
    _ = taken(url, keys, emptied=True)
    assert len(type_in("collect", "--day", str(FIRST), "--again").stdout.splitlines()) == 2
    assert taken(url, keys) == [row for row in before if row[0] == FIRST]
    assert type_in("collect", "--since", "2026-03-31", "--again").exit_code == 0
    assert taken(url, keys) == before
    assert type_in("jobs").stdout == done.stdout
    assert type_in("jobs", "--failed").stdout == ""


@pytest.mark.parametrize(
    "words", [["--day", "2026-04-03"], ["--day", "2026-03-29"], ["--since", "2030-01-01"]]
)
def test_days_that_are_not_over_or_before_all_events_are_not_done(
    type_in: Type, words: list[str]
) -> None:
    done = type_in("collect", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "None of these days" in done.stderr


class Unreachable(SqlCollections):
    """Goes away once everything is planned, and is looked for a few times."""

    looked_for = 0

    async def take(self, *, at: datetime, lease: timedelta) -> Collection | None:
        del at, lease
        self.looked_for += 1
        if self.looked_for > MOST_ATTEMPTS:
            raise Killed
        raise ConnectionError("The database is gone.")


def test_where_no_job_can_be_looked_for_the_command_ends(url: str, keys: Path) -> None:
    """It would go on for ever."""

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        async with Site(url, keys, built(Collections, Unreachable)) as site:
            container: AsyncContainer = site.app.state.dishka_container
            yield container

    app = typer.Typer()
    add_collecting(app, open_container)
    done = CliRunner().invoke(app, ["collect"])
    assert isinstance(done.exception, ConnectionError)


class Forgetful(SqlCollections):
    """Is asked for jobs, and away whenever something is to be written down with them."""

    begun, is_away = 0, True

    async def take(self, *, at: datetime, lease: timedelta) -> Collection | None:
        job = await super().take(at=at, lease=lease)
        self.begun += job is not None
        return job

    async def hold(self, job: Collection) -> None:
        del job
        raise OSError("The database is gone.")

    async def give_up(self, job: Collection, *, error: str, at: datetime) -> None:
        if self.is_away:
            raise Busy
        await super().give_up(job, error=error, at=at)


@pytest.mark.parametrize(("is_away", "attempts"), [(True, 1), (False, MOST_ATTEMPTS)])
def test_where_nothing_can_be_written_down_the_command_ends(
    url: str, keys: Path, *, is_away: bool, attempts: int
) -> None:
    """Each day is held by whoever has begun it, and not begun again; beside it, tried so often."""
    kept: list[Forgetful] = []

    @asynccontextmanager
    async def open_container() -> AsyncIterator[AsyncContainer]:
        clock = serving(Clock, FixedClock(AFTER))
        async with Site(url, keys, clock, built(Collections, Forgetful)) as site:
            forgetful: Any = await site.port(Collections)
            forgetful.is_away = is_away
            kept.append(forgetful)
            container: AsyncContainer = site.app.state.dishka_container
            yield container

    async def prepare() -> None:
        async with a_market(url, keys):
            pass

    asyncio.run(prepare())
    app = typer.Typer()
    add_collecting(app, open_container)
    done = CliRunner().invoke(app, ["collect"])
    assert (done.exit_code, kept[0].begun) == (1, DAYS * attempts)
    lines = [line for line in done.stdout.splitlines() if "  snapshot " in line]
    state = "running" if is_away else "failed "
    assert [line.split("snapshot    ")[1][:19] for line in lines] == [
        f"{state}  attempts {attempts}"
    ] * DAYS


def test_what_failed_is_told_and_done_when_asked(
    type_in: Type, deaths: list[BaseException]
) -> None:
    deaths += [ValueError("The disk is full.") for _ in range(MOST_ATTEMPTS)]
    done = type_in("collect")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{FIRST}  snapshot    failed   attempts {MOST_ATTEMPTS}")
    failed = type_in("jobs", "--failed").stdout.splitlines()
    assert [each.endswith(FULL) for each in failed] == [True]
    again = type_in("collect")
    assert (again.exit_code, FULL in again.stdout) == (0, False)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--again"], "Say of which days."),
        (["--day", "2026-04-01", "--since", "2026-04-01"], "It is one day, or several."),
        (["--since", "2026-04-02", "--until", "2026-04-01"], "It is before --since."),
        (["--day", "yesterday"], "does not match"),
    ],
)
def test_days_that_are_none_are_refused(words: list[str], why: str) -> None:
    app = typer.Typer()
    add_collecting(app, NotImplemented)
    done = CliRunner().invoke(app, ["collect", *words])
    assert done.exit_code == 2
    assert why in done.output
