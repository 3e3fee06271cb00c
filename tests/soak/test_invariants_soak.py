"""A million copies are looked over for what breaks a rule while an operator waits (B30)."""

from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from apps.operations.infrastructure.invariants import INVARIANTS, breaking
from bench.people import Size
from bench.seeding import seed_postgresql, seed_sqlite
from bench.visitors import Visitors
from tests.support.budget import Budget
from tests.support.site import Site

pytestmark = pytest.mark.soak
FORM = Size(100_000, 1_000_000, 10_000)


async def timed(engine: AsyncEngine) -> dict[str, float]:
    """How long each of them takes."""
    seconds = {}
    async with engine.connect() as connection:
        for name in INVARIANTS:
            begun = monotonic()
            await breaking(connection, name)
            seconds[name] = monotonic() - begun
    return seconds


async def test_a_million_copies_are_looked_over(url: str, keys: Path, budget: Budget) -> None:
    if not budget.is_long:
        pytest.skip("the short form is test_planted_violations")
    visitors = Visitors(keys)
    if "sqlite" in url:
        seed_sqlite(url, FORM, visitors)
    else:
        await seed_postgresql(url, FORM, visitors)
    async with Site(url, keys) as site:
        if await site.dialect() == "postgresql":
            await site.run("ANALYZE")
        engine = await site.engine()
        for form in ("first", "again"):
            seconds = await timed(engine)
            longest = max(seconds, key=lambda name: seconds[name])
            budget.tell(
                f"{form}: {len(seconds)} invariants over {FORM.copies} copies in"
                f" {sum(seconds.values()):.1f} s; the longest {seconds[longest]:.1f} s ({longest})"
            )
