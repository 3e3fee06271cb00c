"""How large tables are and what takes the time, asked on the command line."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import postgres
from tests.support.catalog import execute
from tests.support.databases import at, migrate
from tests.support.postgres import Server
from tests.support.served import environment, typed


def test_every_table_is_shown_with_its_rows_and_bytes(url: str, tmp_path: Path) -> None:
    env = environment(url, tmp_path)
    execute(url, "ANALYZE")
    told = typed("kcs db sizes --json", env)
    assert told.returncode == 0, told.stderr
    sizes = {each["table"]: each for each in json.loads(told.stdout)}
    assert {"users", "copies", "outbox", "alembic_version"} <= sizes.keys()
    assert sizes["alembic_version"]["rows"] == 1
    assert all(each["table_bytes"] >= 0 for each in sizes.values())
    assert sizes["users"]["index_bytes"] > 0
    totals = [each["table_bytes"] + each["index_bytes"] for each in json.loads(told.stdout)]
    assert totals == sorted(totals, reverse=True)
    lines = typed("kcs db sizes", env).stdout.splitlines()
    assert len(lines) == len(sizes) + 2
    assert lines[-1].split() == ["in", "all", str(sum(totals))]


def test_where_nothing_is_counted_it_is_said_what_to_do(url: str, tmp_path: Path) -> None:
    refused = typed("kcs db top-queries", environment(url, tmp_path))
    (line,) = refused.stderr.splitlines()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert line.startswith("SQLite counts nothing" if "sqlite" in url else "PostgreSQL does not")
    assert ("CREATE EXTENSION pg_stat_statements" in line) == ("sqlite" not in url)


def test_the_extension_alone_does_not_count(postgresql: str, tmp_path: Path) -> None:
    execute(postgresql, "CREATE EXTENSION pg_stat_statements")
    refused = typed("kcs db top-queries", environment(postgresql, tmp_path))
    assert refused.returncode == 1
    assert "shared_preload_libraries" in refused.stderr


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of its own that counts what its statements take."""
    monkeypatch.setitem(postgres.SETTINGS, "shared_preload_libraries", "pg_stat_statements")
    with ExitStack() as on:
        owner = postgres.the_owner()
        binaries = on.enter_context(owner.within_reach(postgres.the_binaries()))
        server = Server(on.enter_context(owner.folder(*postgres.memory())), binaries, owner)
        server.create()
        port = on.enter_context(server.running())
        yield at(f"postgresql+asyncpg://app@127.0.0.1:{port}", "postgres")


def test_what_took_most_time_is_told_first_and_without_values(
    counting: str, tmp_path: Path
) -> None:
    migrate(counting)
    execute(counting, "CREATE EXTENSION pg_stat_statements")
    execute(counting, "SELECT pg_sleep(0.5), 'planted'")
    env = environment(counting, tmp_path)
    told = typed("kcs db top-queries --limit 3 --json", env)
    assert told.returncode == 0, told.stderr
    first, *others = json.loads(told.stdout)
    assert (first["query"], first["calls"]) == ("SELECT pg_sleep($1), $2", 1)
    assert first["total_ms"] > 400
    assert len(others) == 2
    lines = typed("kcs db top-queries --limit 3", env).stdout.splitlines()
    assert len(lines) == 4
    assert lines[1].endswith("SELECT pg_sleep($1), $2")
