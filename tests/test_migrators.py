"""Migrators that start together, that are killed, and that wait for tables in use."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from asyncpg import LockNotAvailableError
from sqlalchemy.exc import DBAPIError

from apps.operations.infrastructure.migrations import AlembicMigrations, scripts
from tests.support.budget import Budget
from tests.support.catalog import catalog, connected, execute
from tests.support.databases import (
    MIGRATIONS,
    a_postgresql_database,
    a_sqlite_database,
    aside,
    migrate,
)
from tests.support.migrators import at_once, killed, statements_of

STEPS = len([*scripts().walk_revisions()])
A_MOMENT = 0.004
"""Seconds; most statements of a migration take less."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_several_starters_each_revision_is_taken_once(
    kind: str, request: pytest.FixtureRequest, budget: Budget
) -> None:
    empty_url, url = (request.getfixturevalue(name) for name in (f"empty_{kind}", kind))
    starters = budget.of(3, 8)
    codes, steps = at_once(empty_url, starters)
    assert codes == [0] * starters
    assert Counter(Counter(steps).values()) == {1: STEPS}
    assert catalog(empty_url) == catalog(url)
    budget.tell(f"{starters} starters: {STEPS} revisions, each taken once")


def test_starters_that_do_not_wait_for_each_other_collide(empty_url: str) -> None:
    """The control."""
    codes, steps = at_once(empty_url, 3, guarded=False)
    assert codes != [0] * 3 or len(steps) > STEPS


@contextmanager
def a_file(file: Path) -> Iterator[str]:
    yield a_sqlite_database(file)


Another = Callable[[], AbstractContextManager[str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def another(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Another:
    """Makes empty databases, one for each kill."""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("cluster")
        return lambda: a_postgresql_database(cluster)
    folder = tmp_path_factory.mktemp("killed")
    return lambda: a_file(folder / f"{len([*folder.iterdir()])}.db")


def places(statements: list[str], budget: Budget) -> list[int]:
    """At which statements to kill: where an index is made of a table in use, and anywhere."""
    random = budget.random()
    online = [place for place, each in enumerate(statements) if "CONCURRENTLY" in each]
    chosen = online[2:3] if not budget.is_long else online
    return [*chosen, *random.sample(range(1, len(statements)), budget.of(1, 50 - len(chosen)))]


def test_whenever_a_migrator_is_killed_the_next_one_ends_its_work(
    another: Another, budget: Budget
) -> None:
    random = budget.random()
    with another() as url:
        statements = statements_of(url)
        whole = catalog(url)
    kills = places(statements, budget)
    for place in kills:
        with another() as url:
            killed(url, place, random.choice([0.0, A_MOMENT * random.random()]))
            migrate(url)
            assert catalog(url) == whole, statements[place]
    budget.tell(f"killed at {len(kills)} of {len(statements)} statements, whole after each")


def test_a_migrator_without_transactions_leaves_halves(another: Another) -> None:
    """The control: nobody can go on from where it was."""
    with another() as url:
        statements = statements_of(url)
    place = next(place for place, each in enumerate(statements) if "CREATE TABLE profiles" in each)
    with another() as url:
        killed(url, place, 0, whole=False)
        with pytest.raises(Exception, match="already exists"):
            migrate(url)


def test_what_a_killed_migrator_left_of_an_index_is_made_anew(postgresql: str) -> None:
    """It may be half made, or made of something else."""
    chain = AlembicMigrations(postgresql)
    whole = catalog(postgresql)
    name = "ix_copies_listed_by_owner_and_card"
    aside(lambda: chain.downgrade("0029", lambda _: None))
    execute(
        postgresql,
        f"CREATE INDEX {name} ON copies (owner_id)",
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass",
        "CREATE INDEX ix_copies_listed_by_card_new ON copies (id)",
    )
    migrate(postgresql)
    assert catalog(postgresql) == whole


async def test_a_table_in_use_is_waited_for_shortly_and_again(postgresql: str) -> None:
    settings = Config(MIGRATIONS)
    settings.attributes["url"] = postgresql
    settings.set_main_option("lock_timeout", "200ms")
    settings.set_main_option("tries", "2")
    await asyncio.to_thread(command.downgrade, settings, "0030")
    holder = await connected(postgresql)
    try:
        await holder.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DBAPIError, match="lock timeout"):
            await asyncio.to_thread(command.upgrade, settings, "head")
        again = asyncio.create_task(asyncio.to_thread(command.upgrade, settings, "head"))
        await asyncio.sleep(0.6)
        assert not again.done()
        await holder.execute("ROLLBACK")
        await again
    finally:
        await holder.close()


WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def can_write_while(url: str, work: Callable[[], object]) -> bool:
    """Tell whether others write copies while this work waits for who began before it."""
    before, other = await connected(url), await connected(url)
    try:
        await before.execute("BEGIN; UPDATE copies SET note = note")
        task = asyncio.create_task(asyncio.to_thread(work))
        async with asyncio.timeout(30):
            while not await other.fetchval(WAITING):  # noqa: ASYNC110, it is in a database
                await asyncio.sleep(0.02)
        await other.execute("SET lock_timeout = '500ms'")
        try:
            await other.execute("UPDATE copies SET note = note")
        except LockNotAvailableError:
            return False
        finally:
            await before.execute("COMMIT")
            await task
    finally:
        await before.close()
        await other.close()
    return True


async def test_others_write_while_an_index_is_made(postgresql: str) -> None:
    """A migrator in the middle of it waits for whoever began before; nobody waits for it."""
    chain = AlembicMigrations(postgresql)
    await asyncio.to_thread(chain.downgrade, "0029", lambda _: None)
    assert await can_write_while(postgresql, lambda: chain.upgrade("0030", lambda _: None))
    assert await asyncio.to_thread(chain.current) == "0030"


async def test_others_would_wait_for_an_index_that_is_made_as_usual(postgresql: str) -> None:
    """The control."""
    usual = "CREATE INDEX ix_copies_note ON copies (note)"
    assert not await can_write_while(postgresql, lambda: execute(postgresql, usual))


def test_nobody_waits_long_for_a_migrator() -> None:
    settings = Config(MIGRATIONS)
    assert settings.get_main_option("lock_timeout") == "4s"
    assert settings.get_main_option("tries") == "5"
