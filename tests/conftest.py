"""Every test that asks for a `url` runs twice: on SQLite and on PostgreSQL.

Who asks for a `store` runs in memory too, and who asks for a `budget` is short, or long by --soak.
"""

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bouncer import a_bouncer, at_port
from tests.support.budget import Budget
from tests.support.databases import a_postgresql_database, a_sqlite_database, migrate, settle
from tests.support.postgres import a_cluster
from tests.support.site import Site
from tests.support.stores import MemoryStore, Store

FIGURE = "figure"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("soak", "load, races and crashes")
    group.addoption("--soak", action="store_true", help="run the long forms too")
    group.addoption("--faults", type=int, default=25, help="at how many points a server is killed")
    group.addoption("--behind-pgbouncer", action="store_true", help="put one before each `site`")
    group.addoption("--seed", type=int, default=1, help="what random choices begin with")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--soak"):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="for `make soak`"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was measured, and by which seed it can be done again."""
    told = [
        (report.nodeid, figure)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, figure in report.user_properties
        if name == FIGURE
    ]
    if told and terminalreporter.config.getoption("--soak"):
        terminalreporter.section(f"figures, --seed={terminalreporter.config.getoption('--seed')}")
        for test, figure in told:
            terminalreporter.line(f"{test.rpartition('::')[2]}: {figure}")


@pytest.fixture(scope="module", autouse=True)
def unhurried() -> Iterator[None]:
    """Look for garbage between modules, and never again at what is left: it would take seconds.

    So no request of a later test waits for that, and what a test has left open fails its module.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(params=["short", pytest.param("long", marks=pytest.mark.soak)])
def budget(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> Budget:
    """How much of the check is done; what is printed here is shown where the check fails."""
    options = request.config.getoption
    print(f"replay with --seed={options('--seed')}")  # noqa: T201

    def tell(figure: str) -> None:
        record_property(FIGURE, figure)

    return Budget(request.param == "long", options("--seed"), options("--faults"), tell)


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


@pytest.fixture(scope="session")
def bouncer(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int | None]:
    """The port of a pgbouncer before the cluster, where one is asked for."""
    if not request.config.getoption("--behind-pgbouncer"):
        yield None
        return
    folder = tmp_path_factory.mktemp("pgbouncer")
    with a_bouncer(request.getfixturevalue("cluster"), folder) as port:
        yield port


@pytest.fixture
async def site(
    url: str, keys: Path, bouncer: int | None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    """The application over a fresh database."""
    behind = {} if bouncer is None or url.startswith("sqlite") else {"db_pgbouncer": True}
    if behind:
        monkeypatch.setenv("DB_PGBOUNCER", "true")  # for commands and workers
    async with Site(at_port(url, bouncer) if behind else url, keys, **behind) as site:
        yield site


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, keys: Path) -> AsyncIterator[Store]:
    """All repositories, with nothing in them."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with Site(request.getfixturevalue(request.param), keys) as site:
        yield site
