"""Figures of cards by day: taken once, taken again the same, and whenever the day was."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from apps.market.application.collect import Collect, PlanCollections
from apps.market.infrastructure.snapshot_models import CardSnapshotModel, CollectionJobModel
from apps.shared.domain.ids import Clock
from tests.identity.stage import serving
from tests.market.test_index import everything, index, rows
from tests.support.builders import FixedClock
from tests.support.site import Site

SNAPSHOT, JOB = CardSnapshotModel, CollectionJobModel
ALL = select(*SNAPSHOT.__table__.columns)


async def collect(site: Site) -> None:
    plan, do = await site.port(PlanCollections), await site.port(Collect)
    _ = await plan()
    while await do():
        pass


async def figures(site: Site, day: date) -> Mapping[Any, tuple[int, ...]]:
    """Copies, listed, free, wanted, proposals and completions by card."""
    stock = (SNAPSHOT.copies, SNAPSHOT.listed, SNAPSHOT.free, SNAPSHOT.wanted)
    moves = (SNAPSHOT.proposals, SNAPSHOT.completions)
    told = select(SNAPSHOT.card_id, *stock, *moves).where(SNAPSHOT.day == day)
    found = await rows(site, told)
    return {card: tuple(told) for card, *told in found}


async def a_week_later(url: str, keys: Path) -> Site:
    return Site(url, keys, serving(Clock, FixedClock(datetime.now(UTC) + timedelta(days=3))))


async def test_each_day_that_is_over_is_taken_down_once(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        _ = await everything(site)
        await index(site)
        first, second, third = await site.some_cards(3)
        today = datetime.now(UTC).astimezone().date()
        await collect(site)
        assert await rows(site, ALL) == []
    async with await a_week_later(url, keys) as site:
        await collect(site)
        done = (JOB.state == "done") & (JOB.kind == "snapshot")
        days = await site.ask(select(JOB.day).where(done).order_by(JOB.day))
        assert len(days) in {2, 3}
        assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
        told = await figures(site, days[0])
        assert told[first] == (1, 0, 0, 1, 1, 1)
        assert told[second] == (1, 0, 0, 0, 1, 1)
        assert told[third] == (1, 1, 1, 1, 0, 0)
        later = await figures(site, days[-1])
        assert later == {card: (*each[:4], 0, 0) for card, each in told.items()}
        before = await rows(site, ALL)
        await site.change(delete(SNAPSHOT))
        await site.run("UPDATE collection_jobs SET state = 'ready'")
        await collect(site)
        assert await rows(site, ALL) == before
        assert today - timedelta(days=1) <= days[0] <= today + timedelta(days=1)
