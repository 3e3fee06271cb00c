"""Every test that asks for a `url` runs twice: on SQLite and on PostgreSQL.

Who asks for a `store` runs in memory too.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.databases import a_postgresql_database, a_sqlite_database, migrate, settle
from tests.support.postgres import a_cluster
from tests.support.site import Site
from tests.support.stores import MemoryStore, Store


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long tests too, marked `soak`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak"):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="takes long; run with --soak"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Started by the first test that needs it."""
    with a_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(cluster: str) -> Iterator[str]:
    with a_postgresql_database(cluster) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "kcs.db"
    migrate(a_sqlite_database(file))
    settle(file)
    return file


@pytest.fixture
def postgresql(cluster: str, postgresql_template: str) -> Iterator[str]:
    with a_postgresql_database(cluster, like=postgresql_template) as url:
        yield url


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> str:
    return a_sqlite_database(tmp_path / "kcs.db", like=sqlite_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database."""
    chosen: str = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def empty_postgresql(cluster: str) -> Iterator[str]:
    with a_postgresql_database(cluster) as url:
        yield url


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> str:
    return a_sqlite_database(tmp_path / "empty.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """A fresh database without any table."""
    chosen: str = request.getfixturevalue(f"empty_{request.param}")
    return chosen


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; every installation under test shares them."""
    return tmp_path_factory.mktemp("installation")


@pytest.fixture
async def site(url: str, keys: Path) -> AsyncIterator[Site]:
    """The application over a fresh database."""
    async with Site(url, keys) as site:
        yield site


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, keys: Path) -> AsyncIterator[Store]:
    """All repositories, with nothing in them."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with Site(request.getfixturevalue(request.param), keys) as site:
        yield site
