"""A planner that has not heard of a reading yet reads no more of it than there is to find."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, text

from apps.market.application.index_market import IndexMarket
from apps.market.infrastructure.bulk import Bulk
from apps.market.infrastructure.store import SqlMarketStore
from tests.support.market_events import MadeUpMarket, tell
from tests.support.site import Site

EVENTS = 6_000
ROWS_READ = text("""
    SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname LIKE 'market!_%' ESCAPE '!'
""")
MOST = 4
"""Rows that are looked at for an event, on the average."""


async def looked_at(site: Site) -> float:
    """How many entries of indexes were read for each event; nobody analyses any table meanwhile."""
    await tell(site, MadeUpMarket(Random(1)).events(), EVENTS)
    index = await site.port(IndexMarket)
    while await index():
        pass
    await (await site.engine()).dispose()  # what a session has counted is told when it ends
    async with (await site.engine()).connect() as connection:
        return int(await connection.scalar(ROWS_READ) or 0) / EVENTS


async def test_each_event_costs_a_few_rows(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        assert 0 < await looked_at(site) < MOST


async def test_where_an_index_of_what_lasts_would_do_all_of_it_is_read(
    postgresql: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""

    async def lasting(
        self: SqlMarketStore, table: Table, generation: int, name: str, ids: Iterable[UUID], *_: Any
    ) -> Sequence[Any]:
        of_it = (table.c.generation == generation, table.c.until_event.is_(None))
        return await Bulk(self._current.session).find(table, table.c[name], ids, *of_it)

    monkeypatch.setattr(SqlMarketStore, "_lasting", lasting)
    async with Site(postgresql, keys) as site:
        assert await looked_at(site) > MOST
