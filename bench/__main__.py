"""`python -m bench`: seed, compare, measure, print."""

import asyncio
import platform
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import asyncpg

from bench.logins import AT_ONCE, lines_of, measure_logins
from bench.operations import Scene
from bench.people import Size
from bench.plans import check_plans
from bench.processes import BIN, parent_of, serving
from bench.report import BARE, EMBEDDED, OURS, table
from bench.rounds import Pace, System, compare, measure
from bench.seeding import seed_postgresql, seed_sqlite
from bench.visitors import Visitors
from tests.support.databases import a_postgresql_database, a_sqlite_database, migrate
from tests.support.postgres import a_cluster

FORMS = {
    "full": (Size(100_000, 1_000_000, 10_000), Pace(rounds=5, warm_up=1, seconds=4)),
    "quick": (Size(10_000, 100_000, 10_000), Pace(rounds=2, warm_up=0.5, seconds=1.5)),
    "tiny": (Size(400, 3_000, 300, 50), Pace(rounds=1, warm_up=0.1, seconds=0.2)),
}
TRIES = {"full": 200, "quick": 200, "tiny": 5}
"""How often known and unknown addresses are tried."""
SERVICE = [str(BIN / "kcs"), "serve", "--port"]
BARE_PROGRAM = [sys.executable, "-m", "bench.bare"]
STARTED = monotonic()


def main() -> None:
    """Run one form of it."""
    options = ArgumentParser(prog="bench", description=__doc__)
    options.add_argument("--quick", action="store_const", const="quick", dest="form")
    options.add_argument("--tiny", action="store_const", const="tiny", dest="form")
    form = options.parse_args().form or "full"
    size, pace = FORMS[form]
    with ExitStack() as on:
        visitors = Visitors(Path(on.enter_context(TemporaryDirectory(prefix="kcs-bench-"))))
        tell(f"{size.members} members with {size.copies} copies: PostgreSQL")
        postgresql = on.enter_context(a_seeded_postgresql(size, visitors))
        tell("the same: SQLite")
        sqlite = a_seeded_sqlite(size, visitors)
        if form != "tiny":
            tell("plans of the hot routes")
            for url in (postgresql, sqlite):
                asyncio.run(check_plans(url, size, visitors))
        tell("servers")
        systems = on.enter_context(servers(postgresql, sqlite, visitors))
        scene = Scene(size, visitors)
        scene.walk(systems[1].server.port)
        compare(systems[:2], scene)
        tell("both give the same answers; measuring")
        results = measure(systems, scene, pace)
        tell("wrong passwords")
        logins = [
            measure_logins(its.name, its.server.port, url, visitors.data, tries=TRIES[form])
            for its, url in zip(systems[1:], (postgresql, sqlite), strict=True)
        ]
        tell("done")
    sys.stdout.write(f"{about(form, size, pace)}\n\n{table(results)}\n\n")
    sys.stdout.write(
        f"Wrong passwords, {TRIES[form]} tries of each kind; the loop while {AT_ONCE} sign in.\n\n"
    )
    sys.stdout.writelines(f"{line}\n" for line in lines_of(logins))


@contextmanager
def servers(postgresql: str, sqlite: str, visitors: Visitors) -> Iterator[list[System]]:
    """Yield the systems, up and running, in the order of the table."""
    database = asyncio.run(postmaster(postgresql))
    with ExitStack() as on:
        systems = [
            System(name, on.enter_context(serving(command, environment(url, visitors))), pid)
            for name, command, url, pid in (
                (BARE, BARE_PROGRAM, postgresql, database),
                (OURS, SERVICE, postgresql, database),
                (EMBEDDED, SERVICE, sqlite, None),
            )
        ]
        for system in systems:
            system.server.await_ready()
        yield systems


@contextmanager
def a_seeded_postgresql(size: Size, visitors: Visitors) -> Iterator[str]:
    """Yield the URL of a database on a server of its own."""
    with a_cluster() as cluster, a_postgresql_database(cluster) as url:
        migrate(url)
        asyncio.run(seed_postgresql(url, size, visitors))
        yield url


def a_seeded_sqlite(size: Size, visitors: Visitors) -> str:
    """Return the URL of a file beside the keys."""
    url = a_sqlite_database(visitors.data / "kcs.db")
    migrate(url)
    seed_sqlite(url, size, visitors)
    return url


async def postmaster(url: str) -> int:
    """Return the process id of the server's first process, which started all others."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return parent_of(await connection.fetchval("SELECT pg_backend_pid()"))
    finally:
        await connection.close()


def about(form: str, size: Size, pace: Pace) -> str:
    """Say what was measured, where and when."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cpu_count()} cores, {platform.machine()}, Python"
        f" {platform.python_version()}, `python -m bench` ({form}): {size.members} members,"
        f" {size.copies} copies, {pace.rounds} rounds of {pace.seconds} s."
    )


def tell(step: str) -> None:
    """Say on standard error what comes next, and when."""
    sys.stderr.write(f"{monotonic() - STARTED:6.1f} s  {step}\n")


def environment(url: str, visitors: Visitors) -> dict[str, str]:
    """What the servers are told; members may keep as many copies as the load makes.

    Nothing else is done beside the requests.
    """
    return {
        "DATABASE_URL": url,
        "DATA_DIR": str(visitors.data),
        "COPIES_COUNT_MAX": "1000000",
        "WORKER_EMBEDDED": "false",
    }


if __name__ == "__main__":
    main()
