"""`python -m bench.matches`: how long a search for matches takes, and how that grows."""

import asyncio
import gc
import multiprocessing
import resource
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from bench.__main__ import tell
from bench.markets import Trade, tables
from bench.operations import API
from bench.people import SCATTER
from bench.plans import GREAT, PlanChanged, a_recorded_client, accesses
from bench.seeding import Table, fill_postgresql, fill_sqlite
from bench.visitors import Visitors
from tests.support.databases import a_postgresql_database, a_sqlite_database, migrate
from tests.support.postgres import a_cluster

LISTS = GREAT | {"want_groups", "wanted_cards"}
"""Tables that grow with the number of members, and are never read from end to end."""
KINDS = {"pairs": {"kind": "pair"}, "rings": {"kind": "ring"}}
LARGE = 10_000
"""Members from which on a table is better not read from end to end."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What searches of one kind came to."""

    database: str
    members: int
    kind: str
    p50: float
    p95: float
    cpu: float
    """Of the service, which on SQLite is that of the database too."""
    found: float
    memory: int


def main() -> None:
    """Measure both sizes on both databases."""
    options = ArgumentParser(prog="bench.matches", description=__doc__)
    options.add_argument("--members", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--searches", type=int, default=200)
    options.add_argument("--only", choices=["postgresql", "sqlite"])
    asked = options.parse_args()
    figures: list[Figures] = []
    for members in asked.members:
        for database in [asked.only] if asked.only else ["postgresql", "sqlite"]:
            tell(f"{members} members, {database}: filling")
            with a_market(database, Trade(members)) as (url, data):
                tell("searching")
                with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as aside:
                    measured = aside.submit(measure, url, data, members, asked.searches)
                    figures += measured.result()
    sys.stdout.write(f"{table(figures)}\n")


@contextmanager
def a_market(database: str, trade: Trade, *more: Table) -> Iterator[tuple[str, Path]]:
    """Yield the URL of a filled database, and the folder with the keys of its members."""
    with TemporaryDirectory(prefix="kcs-bench-") as folder:
        data = Path(folder)
        visitors = Visitors(data)
        if database == "sqlite":
            url = a_sqlite_database(data / "kcs.db")
            migrate(url)
            fill_sqlite(url, chain(tables(trade, visitors), more))
            yield url, data
            return
        with a_cluster() as cluster, a_postgresql_database(cluster) as url:
            migrate(url)
            asyncio.run(fill_postgresql(url, chain(tables(trade, visitors), more)))
            yield url, data


def measure(url: str, data: Path, members: int, searches: int) -> list[Figures]:
    """Search for members here and there, one after another; check the plans before that."""
    return asyncio.run(_measure(url, Visitors(data), members, searches))


async def _measure(url: str, visitors: Visitors, members: int, searches: int) -> list[Figures]:
    figures = []
    async with a_recorded_client(url, visitors) as (client, kept):
        for kind, query in KINDS.items():
            times, found = [], 0
            gc.collect()
            gc.freeze()  # as a server does when it starts
            spent = process_time()
            for number in range(searches + searches // 10):
                member = number * SCATTER % members
                headers = {"Authorization": f"Bearer {visitors.access_token(member)}"}
                kept.clear()
                begun = perf_counter()
                answer = await client.get(f"{API}/me/matches", params=query, headers=headers)
                times.append(perf_counter() - begun)
                answer.raise_for_status()
                found += len(answer.json()["items"])
            spent = process_time() - spent
            scanned = {
                access.table
                for statement in kept
                async for access in accesses(url, statement)
                if access.index is None
            } & LISTS
            if scanned and members >= LARGE:
                raise PlanChanged(f"A search for {kind} scans {scanned}.")
            figures.append(
                Figures(
                    database=url.partition("+")[0],
                    members=members,
                    kind=kind,
                    p50=percentile(times[searches // 10 :], 50),
                    p95=percentile(times[searches // 10 :], 95),
                    cpu=1_000 * spent / len(times),
                    found=found / len(times),
                    memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                )
            )
    return figures


def percentile(times: Sequence[float], percent: int) -> float:
    """Return in milliseconds how long so many of a hundred took at most."""
    return 1_000 * sorted(times)[len(times) * percent // 100 - 1]


def table(figures: Sequence[Figures]) -> str:
    """Write them as a table, with the growth from the smallest size on."""
    lines = [
        "| Database | Members | Search | p50 ms | p95 ms | growth | CPU ms | on a page | MiB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for each in figures:
        first = next(
            one for one in figures if (one.database, one.kind) == (each.database, each.kind)
        )
        lines.append(
            f"| {each.database} | {each.members:,} | {each.kind} | {each.p50:.0f} | {each.p95:.0f}"
            f" | {each.p95 / first.p95:.1f} | {each.cpu:.0f} | {each.found:.1f} | {each.memory} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
