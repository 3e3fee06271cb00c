"""Every invariant finds what breaks it, on both databases (B30)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from apps.operations.infrastructure.invariants import INVARIANTS, breaking, broken
from tests.support.databases import one_for_a_module
from tests.support.planted import PLANTED, Stage, spoken
from tests.support.site import Site
from tests.test_invariants import BREAKS

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMELESS = "a card shows at least one idol and can be found"
"""The small catalogue of a site has no names."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with one_for_a_module(request, tmp_path_factory.mktemp("planted")) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(one_url: str, keys: Path) -> AsyncIterator[tuple[Site, Stage]]:
    """One site for all: what is planted is rolled back."""
    async with Site(one_url, keys) as site:
        yield site, await Stage.set_up(site)


async def test_every_invariant_is_broken_by_something() -> None:
    assert len(INVARIANTS) >= 20
    assert set(INVARIANTS) == BREAKS.keys() | PLANTED.keys()


async def test_where_nothing_is_planted_nothing_is_found(place: tuple[Site, Stage]) -> None:
    site, _ = place
    found = await broken(await site.engine())
    assert {name: rows for name, rows in found.items() if rows and name != NAMELESS} == {}


@pytest.mark.parametrize("invariant", PLANTED)
async def test_what_is_planted_is_found(place: tuple[Site, Stage], invariant: str) -> None:
    site, stage = place
    async with (await site.engine()).connect() as connection:
        assert await breaking(connection, invariant) == 0
        for statement in PLANTED[invariant](stage):
            await connection.execute(spoken(statement))
        assert await breaking(connection, invariant) > 0
        await connection.rollback()
