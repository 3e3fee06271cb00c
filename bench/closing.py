"""`python -m bench.closing`: what it costs to close a matching round, its input being frozen."""

import asyncio
import gc
import multiprocessing
import resource
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from apps.main import create_container
from apps.matching.application.close_round import CloseRound
from apps.matching.domain.round import DEFAULT_LENGTH, OPEN_FOR, MatchingRound, RoundId
from apps.matching.domain.round_steps import RoundState
from apps.matching.infrastructure.round_models import MatchingEntryModel, MatchingRoundModel
from apps.settings import Settings
from apps.shared.domain.ids import MemberId
from bench.__main__ import tell
from bench.markets import Trade
from bench.matches import a_market
from bench.people import Kind, id_of
from bench.seeding import Table

ROUNDS = 3
"""Closed one after another, all with the same members."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What closing came to, the median of some."""

    database: str
    members: int
    seconds: float
    cpu: float
    """Seconds of CPU of the service; not of PostgreSQL, which is beside it."""
    memory: int


def main() -> None:
    """Measure each size on both databases."""
    options = ArgumentParser(prog="bench.closing", description=__doc__)
    options.add_argument("--members", type=int, nargs="+", default=[1_000, 10_000])
    options.add_argument("--only", choices=["postgresql", "sqlite"])
    asked = options.parse_args()
    figures: list[Figures] = []
    for members in asked.members:
        for database in [asked.only] if asked.only else ["postgresql", "sqlite"]:
            tell(f"{members} members, {database}")
            with (
                a_market(database, Trade(members), *joined(members)) as (url, data),
                ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as aside,
            ):
                figures.append(aside.submit(measure, url, data, members).result())
    sys.stdout.write(f"{table(figures)}\n")


def joined(members: int) -> Iterator[Table]:
    """Yield open rounds, and everybody in each of them."""
    now = datetime.now(UTC)
    round = MatchingRound(
        id=round_of(0),
        opener=MemberId(id_of(Kind.MEMBER, 0)),
        title="Everybody",
        region=None,
        max_length=DEFAULT_LENGTH,
        state=RoundState.OPEN,
        closes_at=now + OPEN_FOR,
        seed=None,
        closed_by=None,
        operation=None,
        generation=0,
        closed_at=None,
        settled_at=None,
        created_at=now - timedelta(days=1),
        updated_at=now,
    )
    yield Table(
        MatchingRoundModel.of(round), ("id",), ((round_of(number),) for number in range(ROUNDS))
    )
    yield Table(
        MatchingEntryModel(joined_at=now),
        ("round_id", "member_id"),
        (
            (round_of(number), id_of(Kind.MEMBER, member))
            for number in range(ROUNDS)
            for member in range(members)
        ),
    )


def round_of(number: int) -> RoundId:
    """Return the id of a round."""
    return RoundId(id_of(Kind.ROUND, number))


def measure(url: str, data: Path, members: int) -> Figures:
    """Close each round by its opener."""
    return asyncio.run(_measure(url, data, members))


async def _measure(url: str, data: Path, members: int) -> Figures:
    times, cpus = [], []
    container = create_container(Settings(database_url=url, data_dir=data))
    close = await container.get(CloseRound)
    gc.collect()
    gc.freeze()  # as a server does when it starts
    for number in range(ROUNDS):
        begun, spent = perf_counter(), process_time()
        await close(round_of(number), by=MemberId(id_of(Kind.MEMBER, 0)))
        times.append(perf_counter() - begun)
        cpus.append(process_time() - spent)
    await container.close()
    return Figures(
        database=url.partition("+")[0],
        members=members,
        seconds=median(times),
        cpu=median(cpus),
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def table(figures: Sequence[Figures]) -> str:
    """Write them as a table."""
    lines = [
        "| Database | Members | copies | wants | s | CPU s | process MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.database} | {each.members:,} | {count:,} | {count:,}"
        f" | {each.seconds:.2f} | {each.cpu:.2f} | {each.memory} |"
        for each in figures
        for count in [len(Trade(each.members).lines)]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
