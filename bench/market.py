"""`python -m bench.market`: how long a day of the market takes to take down, and how that grows."""

import asyncio
import resource
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

from dishka import AsyncContainer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.catalogue.contract import CardId
from apps.collection.contract import AgreementId, CopyId, WantGroupId
from apps.main import create_container
from apps.market.application.collect import Collect, ListCollections, PlanCollections
from apps.market.application.generations import GenerationState
from apps.market.application.refresh_market import RefreshMarket
from apps.market.infrastructure.models import (
    MarketCopyModel,
    MarketDayModel,
    MarketGenerationModel,
    MarketMoveModel,
    MarketWantModel,
)
from apps.outside import unhurried
from apps.settings import Settings
from apps.shared.domain.ids import MemberId
from bench.__main__ import tell
from bench.markets import drawn
from bench.people import Kind, Size, id_of
from bench.seeding import Table, catalogue, fill_postgresql, fill_sqlite
from tests.support.databases import a_postgresql_database, a_sqlite_database, migrate
from tests.support.postgres import a_cluster

CARDS = 50_000
SKEW = 3
"""As in bench.markets: the first hundredth of the cards is in a fifth of all hands."""
EACH = 20
"""Copies that a member holds."""
DAYS = 4
NOW = datetime.now(UTC)
ROUNDS = 5
HEAD = """
| Database | Copies | Rows | Snapshot s | Conditions s | First refresh s | Refresh s | Idle ms |
|---|---|---|---|---|---|---|---|"""
HUNDREDTH = """
    UPDATE market_copies SET listed = NOT listed
    WHERE until_event IS NULL AND since_event % 100 = :n
"""
MORE = "UPDATE market_generations SET events = events + 1"


@dataclass(frozen=True, slots=True)
class Stock:
    """A market of so many copies, each of which was something else before or was not."""

    copies: int

    @property
    def members(self) -> int:
        """Return how many hold them."""
        return self.copies // EACH

    def card(self, line: int) -> CardId:
        """Return the card of a line, the same each time."""
        return CardId(id_of(Kind.CARD, int(CARDS * drawn(line) ** SKEW)))

    def member(self, line: int) -> MemberId:
        """Return whose it is."""
        return MemberId(id_of(Kind.MEMBER, line % self.members))

    @property
    def events(self) -> int:
        """Return how many events there were: the spells and the moves, one after the other."""
        return self.copies * 2


def tables(stock: Stock) -> Iterator[Table]:
    """Yield a reading of events: a third of the copies is listed, a half is wanted elsewhere."""
    yield from catalogue(Size(0, 0, 0, CARDS))
    today = NOW.date()
    generation = {"generation": 1}
    yield Table(
        MarketGenerationModel(
            id=1,
            state=GenerationState.LIVE,
            events=stock.events,
            day=today,
            begun_at=NOW,
            live_at=NOW,
            differences=None,
        ),
        ("id",),
        [(1,)],
    )
    yield Table(
        MarketDayModel(**generation, day=today, first_event=1),
        ("day", "first_event"),
        [
            (today - timedelta(days=DAYS - number), 1 + number * (stock.events // DAYS))
            for number in range(DAYS)
        ]
        + [(today, stock.events)],
    )
    copy, card, member = CopyId(id_of(Kind.COPY, 0)), stock.card(0), stock.member(0)
    spell = MarketCopyModel(
        **generation,
        copy_id=copy,
        since_event=1,
        until_event=None,
        card_id=card,
        owner_id=member,
        listed=True,
        agreement_id=None,
    )
    yield Table(
        spell,
        ("copy_id", "since_event", "until_event", "card_id", "owner_id", "listed", "agreement_id"),
        (row for line in range(stock.copies) for row in spells(stock, line)),
    )
    yield Table(
        MarketWantModel(
            **generation,
            group_id=WantGroupId(id_of(Kind.WANT, 0)),
            card_id=card,
            since_event=1,
            until_event=None,
            member_id=member,
            slots=1,
            wanted_at=NOW,
        ),
        ("group_id", "since_event", "card_id", "member_id"),
        (
            (id_of(Kind.WANT, line), 1 + 2 * line, stock.card(-line), stock.member(line * 7))
            for line in range(1, stock.copies // 2)
        ),
    )
    yield Table(
        MarketMoveModel(
            **generation,
            event=1,
            position=0,
            completed=True,
            card_id=card,
            giver_id=member,
            receiver_id=member,
            agreement_id=UUID(int=0),
            at=NOW,
            wanted_at=None,
        ),
        ("event", "completed", "card_id", "giver_id", "receiver_id", "agreement_id"),
        (
            (
                20 * line + 1,
                line % 2 == 0,
                stock.card(line),
                stock.member(line),
                stock.member(line + 1),
                id_of(Kind.AGREEMENT, line // 4),
            )
            for line in range(stock.copies // 10)
        ),
    )


def spells(stock: Stock, line: int) -> Iterator[tuple[Any, ...]]:
    """Yield how a copy was, where it was something else before, and how it is."""
    copy, card, member = id_of(Kind.COPY, line), stock.card(line), stock.member(line)
    entered, changed = 1 + line, stock.copies + line
    if line % 3 == 0:
        yield copy, entered, changed, card, member, False, None
    promised = AgreementId(id_of(Kind.AGREEMENT, line)) if line % 50 == 0 else None
    yield copy, changed if line % 3 == 0 else entered, None, card, member, line % 3 == 0, promised


async def measured(url: str, folder: Path) -> str:
    """Take days down and make the present market anew; return the figures of a row."""
    async with services(url, folder) as container:
        plan, collect = await container.get(PlanCollections), await container.get(Collect)
        _ = await plan()
        seconds = []
        while (began := perf_counter()) and await collect():
            seconds.append(perf_counter() - began)
        listed = await (await container.get(ListCollections))(NOW.date().min, NOW.date())
        kinds = [job.kind for job in listed]
        days = {
            kind: [s for s, each in zip(seconds, kinds, strict=True) if each == kind]
            for kind in dict.fromkeys(kinds)
        }
        refresh, engine = await container.get(RefreshMarket), await container.get(AsyncEngine)
        first, *others = [await refreshed(refresh, engine, number) for number in range(ROUNDS)]
        began = perf_counter()
        _ = await refresh()
        idle = perf_counter() - began
        rows = max(job.rows or 0 for job in listed)
        return " | ".join(
            (
                f"{rows:,}",
                *(f"{median(each):.2f}" for each in days.values()),
                f"{first:.2f}",
                f"{median(others):.2f}",
                f"{1000 * idle:.0f}",
            )
        )


async def refreshed(refresh: RefreshMarket, engine: AsyncEngine, number: int) -> float:
    """Change a hundredth of the copies, and time the refresh."""
    async with engine.begin() as connection:
        if number:
            await connection.execute(text(HUNDREDTH), {"n": number})
        await connection.execute(text(MORE))
    began = perf_counter()
    assert await refresh() == 1  # noqa: S101
    return perf_counter() - began


@asynccontextmanager
async def services(url: str, folder: Path) -> AsyncIterator[AsyncContainer]:
    """Lend those of an installation over this database."""
    container = create_container(unhurried(Settings(database_url=url, data_dir=folder)))
    try:
        yield container
    finally:
        await container.close()


def main() -> None:
    """Measure all sizes on both databases."""
    options = ArgumentParser(prog="bench.market", description=__doc__)
    options.add_argument("--copies", type=int, nargs="+", default=[100_000, 1_000_000])
    options.add_argument("--only", choices=["postgresql", "sqlite"])
    asked = options.parse_args()
    tell(HEAD)
    for database in [asked.only] if asked.only else ["postgresql", "sqlite"]:
        for copies in asked.copies:
            tell(f"{copies} copies, {database}: filling")
            stock = Stock(copies)
            with TemporaryDirectory(prefix="kcs-bench-") as name:
                folder = Path(name)
                if database == "sqlite":
                    url = a_sqlite_database(folder / "kcs.db")
                    migrate(url)
                    fill_sqlite(url, tables(stock))
                    row = asyncio.run(measured(url, folder))
                else:
                    with a_cluster() as cluster, a_postgresql_database(cluster) as url:
                        migrate(url)
                        asyncio.run(fill_postgresql(url, tables(stock)))
                        row = asyncio.run(measured(url, folder))
            tell(f"| {database} | {copies:,} | {row} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    tell(f"{peak} MB at most in this process")


if __name__ == "__main__":
    main()
