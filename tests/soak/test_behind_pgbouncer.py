"""Behind a pgbouncer that lends connections by transaction everything works as without (B41).

`make test ARGS="--behind-pgbouncer -k postgresql"` runs all that asks for a `site` through it, too.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import make_url

from apps.shared.infrastructure.sessions import Sessions
from tests.soak.client_log import ClientLog, Verdict
from tests.soak.test_crashes import faults_found
from tests.soak.traders import SETTINGS, Traders
from tests.support.bouncer import POOL, a_bouncer, at_port, program
from tests.support.budget import Budget
from tests.support.catalog import execute, fetch
from tests.support.served import environment, typed
from tests.support.site import Site, elsewhere

pytestmark = pytest.mark.skipif(program() is None, reason="there is no pgbouncer")


@pytest.fixture(scope="module")
def port(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with a_bouncer(cluster, tmp_path_factory.mktemp("pgbouncer")) as port:
        yield port


@pytest.fixture
def through(postgresql: str, port: int) -> str:
    """The URL of a fresh database by way of it."""
    return at_port(postgresql, port)


@pytest.fixture
def log(tmp_path: Path) -> ClientLog:
    return ClientLog(tmp_path / "client.log")


async def traded(site: Site, log: ClientLog, seconds: float) -> None:
    traders = await Traders.join(site, log, Random(1))
    trading = elsewhere(traders.trade(site.client))
    await asyncio.sleep(seconds)
    traders.ended = True
    await trading


async def test_members_trade_as_without_it(
    through: str, postgresql: str, keys: Path, log: ClientLog, budget: Budget
) -> None:
    async with Site(through, keys, db_pgbouncer=True, **SETTINGS) as site:
        await traded(site, log, budget.of(1, 30))
        verdict = await Verdict.on(log, site)
        assert not verdict.lost
        assert not verdict.ghosts
        assert not await faults_found(site)
        ((servers,),) = await fetch(postgresql, [SERVERS])
        assert int(str(servers)) <= POOL
    statuses = {each.status for each in log.asked.values()}
    assert statuses <= {200, 201, 403, 404, 409}, statuses
    budget.tell(f"{log.facts().total()} effects over {servers} connections, none failed")


SERVERS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND pid != pg_backend_pid()
"""


async def test_what_is_prepared_for_one_connection_fails_on_another(
    through: str, keys: Path, log: ClientLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: sessions that believe they have a server of their own."""
    told = Sessions.for_asyncpg

    def hopeful(sessions: Sessions, **more: str) -> dict[str, object]:
        return {**told(sessions, **more), "statement_cache_size": 100}

    monkeypatch.setattr(Sessions, "for_asyncpg", hopeful)
    monkeypatch.setattr(Sessions, "for_sqlalchemy", hopeful)
    async with Site(through, keys, db_pgbouncer=True, **SETTINGS) as site:
        with pytest.raises(Exception, match=r"prepared statement|500"):
            await traded(site, log, 2)
            statuses = {each.status for each in log.asked.values()}
            assert 500 not in statuses, "500"


def test_sessions_without_time_limits_are_refused(
    through: str, postgresql: str, tmp_path: Path
) -> None:
    env = environment(through, tmp_path / "data", DB_PGBOUNCER="true")
    (line,) = typed("kcs config check", env).stderr.splitlines()
    assert line.startswith("FAILED  connections: A pgbouncer passes no settings on")
    name = make_url(postgresql).database
    for limit, time in Sessions().limits.items():
        assert f"SET {limit} = {time}" in line
        execute(postgresql, f"ALTER ROLE app IN DATABASE {name} SET {limit} = '{time}'")
    execute(postgresql, END_THE_OTHERS)
    assert typed("kcs config check", env).stderr == ""


END_THE_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()
"""
