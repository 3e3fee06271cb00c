"""Installations for tests that only read, or that do not depend on the database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.catalogue.demo import DEMO, fill
from tests.catalogue.shelves import Shelves
from tests.support.databases import a_postgresql_database, a_sqlite_database, aside
from tests.support.site import Site
from tests.support.stores import Store


@pytest.fixture
async def sqlite_site(sqlite: str, keys: Path) -> AsyncIterator[Site]:
    async with Site(sqlite, keys) as site:
        yield site


@pytest.fixture(scope="session")
def demo_sqlite(sqlite_template: Path, keys: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo catalogue, imported once."""
    url = a_sqlite_database(tmp_path_factory.mktemp("demo") / "kcs.db", like=sqlite_template)
    aside(lambda: asyncio.run(import_demo(url, keys)))
    return url


@pytest.fixture(scope="session")
def demo_postgresql(cluster: str, postgresql_template: str, keys: Path) -> Iterator[str]:
    """The demo catalogue, imported once."""
    with a_postgresql_database(cluster, like=postgresql_template) as url:
        aside(lambda: asyncio.run(import_demo(url, keys)))
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def demo(request: pytest.FixtureRequest, keys: Path) -> AsyncIterator[Site]:
    """The application over the demo catalogue; it is shared, so it is only read."""
    async with Site(request.getfixturevalue(f"demo_{request.param}"), keys) as site:
        yield site


async def import_demo(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        await fill(site, DEMO)


@pytest.fixture
async def shelves(store: Store) -> Shelves:
    return await Shelves.of(store)
