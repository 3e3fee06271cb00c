"""What sessions begin with, and whether a PostgreSQL has room for all that may be opened."""

import asyncio
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import text

from apps import cli
from apps.outside import database_of, unhurried
from apps.settings import Settings
from apps.shared.infrastructure.seats import NoRoom
from tests.support.catalog import execute
from tests.support.databases import aside
from tests.support.served import environment, typed
from tests.support.site import Site

SETTINGS = (
    *("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"),
    *("default_transaction_read_only", "application_name"),
)
SHOWN = "SELECT " + ", ".join(f"current_setting('{name}')" for name in SETTINGS)


async def shown(site: Site) -> dict[str, list[str]]:
    """The settings of each kind of connection that a process opens."""
    driver = await site.driver()
    async with (await site.engine()).connect() as connection:
        for_work = (await connection.execute(text(SHOWN))).one()
    (for_questions,) = await driver.fetch(SHOWN, [])
    (for_changes,) = await driver.change(SHOWN, [])
    return {"work": [*for_work], "questions": [*for_questions], "changes": [*for_changes]}


async def test_no_session_of_a_request_waits_for_ever(postgresql: str, keys: Path) -> None:
    usual = ["5s", "2s", "30s"]
    async with Site(postgresql, keys) as site:
        assert await shown(site) == {
            "work": [*usual, "off", "kcardswap"],
            "questions": [*usual, "on", "kcardswap"],
            "changes": [*usual, "off", "kcardswap"],
        }


async def test_each_time_limit_is_a_setting(postgresql: str, keys: Path) -> None:
    times = {"db_statement_timeout_s": 1, "db_lock_timeout_s": 0.25, "db_idle_timeout_s": 10}
    async with Site(postgresql, keys, **times) as site:
        for told in (await shown(site)).values():
            assert told[:3] == ["1s", "250ms", "10s"]


def test_work_for_which_nobody_waits_has_more_time() -> None:
    hurried = Settings(db_statement_timeout_s=3, db_work_statement_timeout_s=90)
    assert database_of(hurried).sessions.limits["statement_timeout"] == "3000"
    assert database_of(unhurried(hurried)).sessions.limits["statement_timeout"] == "90000"


def test_no_more_requests_are_let_in_than_the_pools_serve() -> None:
    assert Settings().max_concurrency == 20
    assert Settings(db_pool_size=5).max_concurrency == 5
    assert Settings(db_pool_size=5, db_max_overflow=2, db_reader_pool_size=9).max_concurrency == 7
    assert Settings(db_pool_size=5, max_concurrency=8).max_concurrency == 8


@pytest.fixture
def env(postgresql: str, tmp_path: Path) -> dict[str, str]:
    return environment(postgresql, tmp_path / "data")


def refusals(env: dict[str, str], **more: str) -> list[str]:
    return typed("kcs config check", env | more).stderr.splitlines()


def test_pools_that_fit_are_no_fault(env: dict[str, str]) -> None:
    assert refusals(env) == []
    assert refusals(env, DB_PROCESSES="4", DB_POOL_SIZE="9", DB_READER_POOL_SIZE="8") == []


def test_pools_that_do_not_fit_are_refused_with_what_to_do(env: dict[str, str]) -> None:
    (line,) = refusals(env, DB_PROCESSES="3")
    assert line.startswith(
        "FAILED  connections: 3 processes (DB_PROCESSES) may open 46 connections each, 138 in all,"
    )
    assert "the server lets in 97" in line
    assert "Lower DB_POOL_SIZE" in line
    (line,) = refusals(env, DB_RESERVED="8")
    assert "8 are left to others" in line
    (line,) = refusals(env, DB_MAX_OVERFLOW="5")
    assert "51 connections each" in line
    assert refusals(env, DB_PROCESSES="3", DB_POOL_SIZE="15", DB_READER_POOL_SIZE="9") == []


def test_a_limit_of_the_database_counts_as_well(env: dict[str, str], postgresql: str) -> None:
    name = postgresql.rpartition("/")[2]
    execute(postgresql, f"ALTER DATABASE {name} CONNECTION LIMIT 60")
    (line,) = refusals(env)
    assert "its database lets in 60" in line


def test_neither_a_server_nor_a_worker_starts_then(env: dict[str, str]) -> None:
    with patch.dict(os.environ, env | {"DB_PROCESSES": "3"}, clear=True):
        for start in (cli.ensure_ready(), cli.work(None, grace_s=1, once=True)):
            with pytest.raises(NoRoom):
                aside(lambda start=start: asyncio.run(start))  # type: ignore[misc]


def test_sqlite_counts_no_connections(sqlite: str, tmp_path: Path) -> None:
    assert refusals(environment(sqlite, tmp_path / "data"), DB_PROCESSES="99") == []
