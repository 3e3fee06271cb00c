"""Whoever reads the outbox of SQLite on begins where they were, however much lies before that."""

from pathlib import Path

from sqlalchemy import BigInteger, ColumnElement, literal, select, text, tuple_

from apps.shared.infrastructure.feed import Behind
from apps.shared.infrastructure.outbox import OUTBOX
from tests.support.site import Site

HERE = literal(0, BigInteger), literal(7, BigInteger)


async def plan(site: Site, later: ColumnElement[bool]) -> list[str]:
    """How SQLite finds a page of what comes later."""
    engine = await site.engine()
    page = select(OUTBOX).where(later).order_by(OUTBOX.c.tx, OUTBOX.c.position).limit(500)
    asked = page.compile(engine.sync_engine, compile_kwargs={"literal_binds": True})
    async with engine.connect() as connection:
        told = await connection.execute(text(f"EXPLAIN QUERY PLAN {asked}"))
        return [row.detail for row in told]


async def test_it_is_a_range_of_the_index(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys) as site:
        assert await plan(site, Behind(*HERE)) == [
            "SEARCH outbox USING INDEX ix_outbox_tx (tx=? AND position>?)"
        ]


async def test_of_a_pair_only_the_first_would_be_looked_for(sqlite: str, keys: Path) -> None:
    """The control."""
    async with Site(sqlite, keys) as site:
        later = tuple_(OUTBOX.c.tx, OUTBOX.c.position) > tuple_(*HERE)
        assert await plan(site, later) == ["SEARCH outbox USING INDEX ix_outbox_tx (tx>?)"]
