"""The benchmark runs, and what it says of the databases' plans holds for many copies."""

import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from bench.operations import OPERATIONS
from bench.people import Size
from bench.plans import PlanChanged, check_plans
from bench.report import EMBEDDED, OURS
from bench.seeding import seed_postgresql, seed_sqlite
from bench.visitors import Visitors
from tests.support.served import ROOT


def test_both_programs_answer_alike_and_are_measured() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--tiny"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = done.stdout
    assert all(table.count(f"| {operation.name} |") == 3 for operation in OPERATIONS)
    logins = table.partition("| known p50 ms |")[2]
    assert all(f"| {system} |" in logins for system in (OURS, EMBEDDED))


async def test_postgresql_finds_a_million_copies_by_the_indexes_meant_for_them(
    postgresql: str, keys: Path
) -> None:
    size, visitors = Size(members=10_000, copies=1_000_000, depth=1_000), Visitors(keys)
    await seed_postgresql(postgresql, size, visitors)
    await check_plans(postgresql, size, visitors)
    connection = await asyncpg.connect(postgresql.replace("+asyncpg", ""))
    await connection.execute("DROP INDEX ix_copies_listed_by_card")
    await connection.close()
    with pytest.raises(PlanChanged, match="GET /cards"):
        await check_plans(postgresql, size, visitors)


async def test_sqlite_finds_copies_by_the_indexes_meant_for_them(sqlite: str, keys: Path) -> None:
    size, visitors = Size(members=1_000, copies=30_000, depth=1_000), Visitors(keys)
    seed_sqlite(sqlite, size, visitors)
    await check_plans(sqlite, size, visitors)
