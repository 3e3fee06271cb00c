"""Some days of a market, told by events, and their figures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from dishka import Provider
from sqlalchemy import select

from apps.market.application.collect import Collect, PlanCollections
from apps.market.infrastructure.snapshot_models import CardSnapshotModel, CollectionJobModel
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.test_index import rows
from tests.support.builders import FixedClock
from tests.support.site import Site
from tests.support.told import Telling, fans, tell

SNAPSHOT, JOB = CardSnapshotModel, CollectionJobModel
FIRST = date(2026, 3, 30)
AFTER = datetime(2026, 4, 3, 9, tzinfo=UTC)
DAYS = 4
"""The turn of a month is among them."""
ALL = [FIRST + timedelta(days=number) for number in range(DAYS)]


@asynccontextmanager
async def a_market(
    url: str, keys: Path, *overrides: Provider, days: int = DAYS
) -> AsyncIterator[tuple[Site, FixedClock, list[UUID]]]:
    """Some days, of which the last is over; on each something is entered, wanted and swapped."""
    clock = FixedClock(AFTER + timedelta(days=days - DAYS))
    async with Site(url, keys, serving(Clock, clock), *overrides) as site:
        first, second = cards = await site.some_cards(2)
        telling = Telling(FIRST)
        for _ in range(days):
            ann, bea, cleo = fans(3)
            hers, theirs = telling.copy(first, ann), telling.copy(second, bea)
            telling.want(bea, first)
            telling.want(cleo, first, second, count=2)
            telling.swap((ann, hers), (bea, theirs))
            telling.copy(second, cleo)
            telling.day += timedelta(days=1)
        await tell(site, telling)
        yield site, clock, [*cards]


async def plan(site: Site) -> None:
    planner = await site.port(PlanCollections)
    _ = await planner()


async def collect(site: Site) -> None:
    do = await site.port(Collect)
    while await do():
        pass


async def snapshots(site: Site) -> list[tuple[Any, ...]]:
    return await rows(site, select(*SNAPSHOT.__table__.columns))


async def jobs(site: Site, *columns: str, kind: str = "snapshot") -> list[tuple[Any, ...]]:
    asked = [getattr(JOB, name) for name in ("day", *columns)]
    return await rows(site, select(*asked).where(JOB.kind == kind))
