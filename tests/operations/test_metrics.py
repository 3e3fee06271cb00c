"""What is counted, under names that are as many as the code has and not as clients think of."""

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry

from apps.shared.application.jobs import Worker
from apps.shared.domain.errors import Busy
from apps.shared.infrastructure.readiness import head
from apps.shared.presentation.exposition import Endpoint, exposed
from apps.shared.presentation.server import CannotListen
from tests.operations.test_working import a_worker_process
from tests.support.laboratory import commanding
from tests.support.planted import Stage
from tests.support.postgres import a_free_port
from tests.support.scraping import count, look, scrape
from tests.support.served import a_server, await_ready, environment
from tests.support.site import API, Site, elsewhere

METERED = {"metrics_port": 9_100}
"""Nothing listens there: only `kcs serve` and `kcs worker` open it."""


async def test_requests_are_counted_by_the_template_of_their_route(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys, **METERED) as site:
        ann, bea = await site.join("ann"), await site.join("bea")
        for member in (ann, bea):
            assert (await ann.get(f"/members/{member.id}")).status_code == 200
        assert (await ann.get("/members/nobody")).status_code == 422
        route = {"method": "GET", "route": f"{API}/members/{{member_id}}"}
        assert await count(site, "kcs_http_requests_total", **route, status="2xx") == 2
        assert await count(site, "kcs_http_requests_total", **route, status="4xx") == 1
        assert await count(site, "kcs_http_request_duration_seconds_count", **route) == 3
        refused = {"route": route["route"], "code": "validation-failed"}
        assert await count(site, "kcs_http_refusals_total", **refused) == 1
        assert await count(site, "kcs_http_requests_in_progress") == 0
        assert str(ann.id) not in str(await scrape(site))


async def test_whatever_clients_write_there_are_no_more_series(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys, **METERED) as site:
        ann = await site.join("ann")

        async def write(number: int) -> None:
            for method, path in (
                ("GET", f"/planted-{number}"),
                ("GET", f"{API}/planted/{number}?q=planted"),
                (f"PLANTED{number}", f"{API}/cards"),
                ("GET", f"{API}/members/{number}"),
                ("GET", f"/docs/assets/planted-{number}.js"),
                ("OPTIONS", f"{API}/cards/planted{number}"),
            ):
                headers = {
                    "Authorization": f"Bearer {ann.token}",
                    "X-Request-Id": f"planted{number}",
                }
                await site.client.request(method, path, headers=headers)

        await write(0)
        before = await scrape(site)
        for number in range(1, 20):
            await write(number)
        after = await scrape(site)
        assert after.keys() == before.keys()
        assert "planted" not in str(after).lower()
        nowhere = {"method": "GET", "route": "(none)", "status": "4xx"}
        assert await count(site, "kcs_http_requests_total", **nowhere) == 60


async def test_without_a_port_requests_are_not_counted(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys) as site:
        assert (await site.client.get("/healthz")).status_code == 200
        told = {"method": "GET", "route": "/healthz", "status": "2xx"}
        assert await count(site, "kcs_http_requests_total", **told) == 0


async def test_what_was_tried_again_and_what_was_replayed_is_counted(url: str, keys: Path) -> None:
    async with Site(url, keys, **METERED) as site:
        ann = await site.join("ann")
        failures = [Busy(), Busy()]

        async def fail_twice() -> None:
            if failures:
                raise failures.pop()

        site.app.include_router(commanding(fail_twice))
        answer = await site.client.post(
            "/laboratory/commands", headers={"Authorization": f"Bearer {ann.token}"}
        )
        assert answer.status_code == 200, answer.text
        assert await count(site, "kcs_transaction_retries_total") == 2
        (card,) = await site.some_cards(1)
        body = {"card_id": str(card), "condition": "mint", "for_trade": True}
        for _ in range(3):
            headers = {"Idempotency-Key": "one"}
            assert (await ann.send("POST", "/me/copies", body, headers=headers)).status_code == 201
        assert await count(site, "kcs_idempotency_replays_total") == 2


async def test_who_is_turned_away_is_counted_by_the_reason(sqlite: str, keys: Path) -> None:
    opened = asyncio.Event()

    async def wait() -> None:
        await opened.wait()

    async with Site(sqlite, keys, **METERED, max_concurrency=1, db_pool_timeout_s=0.2) as site:
        site.app.include_router(commanding(wait))
        ann = await site.join("ann")
        headers = {"Authorization": f"Bearer {ann.token}"}
        inside = elsewhere(site.client.get("/laboratory/commands", headers=headers))
        await asyncio.sleep(0.05)
        waiting = elsewhere(ann.get("/me"))
        await asyncio.sleep(0.05)
        assert await count(site, "kcs_waiting", where="admission") == 1
        assert await count(site, "kcs_http_requests_in_progress") == 2
        assert (await waiting).status_code == 503
        opened.set()
        assert (await inside).status_code == 200
        assert await count(site, "kcs_waiting", where="admission") == 0
        assert await count(site, "kcs_http_unavailable_total", reason="admission") == 1
        await site.run("DROP TABLE handshakes")
        assert (await site.client.get("/readyz")).status_code == 503
        assert await count(site, "kcs_http_unavailable_total", reason="database") == 1


async def test_logins_are_counted_by_what_became_of_them(sqlite: str, keys: Path) -> None:
    route = f"{API}/auth/login"
    async with Site(sqlite, keys, **METERED) as site:
        body = {"email": "ann@kcs.test", "password": "correct horse battery"}
        registered = await site.client.post(f"{API}/auth/register", json=body | {"nickname": "ann"})
        assert registered.status_code == 202
        for password in (body["password"], "planted", "planted"):
            await site.client.post(route, json=body | {"password": password})
        told = {"method": "POST", "route": route}
        assert await count(site, "kcs_http_requests_total", **told, status="2xx") == 1
        refused = {"route": route, "code": "invalid-credentials"}
        assert await count(site, "kcs_http_refusals_total", **refused) == 2


async def test_runs_of_workers_are_counted_by_kind_and_outcome(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys) as site:
        worker = await site.port(Worker)  # type: ignore[type-abstract]
        await worker.run(asyncio.Event(), once=True)
        run = {"kind": "jobs.forget", "outcome": "done"}
        assert await count(site, "kcs_worker_runs_total", **run) == 1
        seconds = await count(site, "kcs_worker_run_duration_seconds_sum", kind="jobs.forget")
        assert 0 < seconds < 60


async def test_the_database_is_told_of(url: str, keys: Path) -> None:
    async with Site(url, keys) as site:
        stage = await Stage.set_up(site)
        for statement in (
            *stage.job(state="dead", kind="letter"),
            *stage.job(state="ready", kind="letter"),
        ):
            await site.change(statement)
        await look(site)
        assert await count(site, "kcs_ready") == 1
        assert await count(site, "kcs_jobs", state="dead", kind="letter") == 1
        assert await count(site, "kcs_jobs", state="ready", kind="letter") == 1
        assert await count(site, "kcs_jobs_oldest_due_seconds") > 0
        assert await count(site, "kcs_outbox_waiting", consumer="matching.lists") > 0
        assert await count(site, "kcs_outbox_oldest_seconds", consumer="matching.lists") > 0
        assert await count(site, "kcs_database_bytes") > 100_000
        assert await count(site, "kcs_watched_timestamp_seconds") > 1_700_000_000
        assert await count(site, "kcs_pool_connections_max", role="units") == 20
        if await site.dialect() == "postgresql":
            assert await count(site, "kcs_table_bytes", table="jobs") > 0
            assert await count(site, "kcs_pool_connections_max", role="questions") == 20
        await site.run("UPDATE alembic_version SET version_num = 'earlier'")
        await look(site)
        assert await count(site, "kcs_ready") == 0
        assert not [name for name, _ in await scrape(site) if name == "kcs_jobs"]


async def test_a_pool_tells_how_many_connections_are_lent(postgresql: str, keys: Path) -> None:
    async with Site(postgresql, keys) as site:
        await look(site)
        driver, lent = await site.driver(), "kcs_pool_connections_in_use"
        slow = [elsewhere(driver.fetch("SELECT pg_sleep(1)", ())) for _ in range(3)]
        seen = set()
        while not all(each.done() for each in slow):
            seen.add(await count(site, lent, role="questions"))
            await asyncio.sleep(0.02)
        assert max(seen) == 3
        assert await count(site, lent, role="questions") == 0


async def test_metrics_are_told_on_a_port_of_their_own_even_while_the_loop_is_held_up(
    sqlite: str, keys: Path
) -> None:
    async with Site(sqlite, keys) as site:
        endpoint = Endpoint("127.0.0.1", 0)
        async with exposed(site.app.state.dishka_container, endpoint):
            await asyncio.sleep(0.6)
            scraping = asyncio.get_running_loop().run_in_executor(
                None, lambda: httpx.get(endpoint.address, timeout=5).text
            )
            time.sleep(0.7)  # noqa: ASYNC251 - that is what is held up
            held_up_until = time.monotonic()
            text = await scraping
            assert f'kcs_build_info{{revision="{head()}",version="0.1.0"}} 1.0' in text
            assert "process_resident_memory_bytes" in text
            assert "kcs_ready 1.0" in text
            assert time.monotonic() - held_up_until < 0.5
            await asyncio.sleep(0.6)
            late = await count(site, "kcs_event_loop_lag_seconds_count")
            in_time = await count(site, "kcs_event_loop_lag_seconds_bucket", le="0.1")
            assert late - in_time >= 1
        with pytest.raises(httpx.ConnectError):
            await asyncio.to_thread(httpx.get, endpoint.address)
        assert (await site.client.get("/metrics")).status_code == 404


async def test_a_database_that_is_away_leaves_the_scrape_as_it_is(keys: Path) -> None:
    url = f"postgresql+asyncpg://planted:planted@127.0.0.1:{a_free_port()}/planted"
    async with Site(url, keys) as site:
        endpoint = Endpoint("127.0.0.1", 0)
        async with exposed(site.app.state.dishka_container, endpoint):
            await asyncio.sleep(0.3)
            answer = await asyncio.to_thread(httpx.get, endpoint.address)
        assert answer.status_code == 200
        assert "kcs_ready 0.0" in answer.text
        assert "planted" not in answer.text


def told_at(port: int, name: str) -> str:
    """What is told at this port, once that is among it."""
    for _ in range(600):
        with suppress(httpx.TransportError):
            told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
            if f"{name}{{" in told:
                return told
        time.sleep(0.1)
    raise RuntimeError(f"Nobody tells of {name} at {port}.")


def test_servers_and_workers_tell_of_themselves_each_on_its_port(
    sqlite: str, tmp_path: Path
) -> None:
    ports = [a_free_port(), a_free_port()]
    env = [environment(sqlite, tmp_path, METRICS_PORT=str(port)) for port in ports]
    with (
        a_server(env[0] | {"WORKER_EMBEDDED": "false"}) as server,
        a_worker_process(env[1], tmp_path / "log") as worker,
    ):
        await_ready(server)
        assert httpx.get(f"{server.address}/metrics").status_code == 404
        served = told_at(ports[0], "kcs_http_requests_total")
        _ = told_at(ports[1], "kcs_worker_runs_total")
        assert server.stop() == 0
        logged = server.log.read_text()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=40) == 0
    assert 'kcs_http_requests_total{method="GET",route="/readyz",status="2xx"}' in served
    assert "kcs_worker_runs_total{" not in served
    assert f"Metrics on http://127.0.0.1:{ports[0]}/metrics" in logged


def test_a_port_that_is_taken_is_told() -> None:
    taken = Endpoint("127.0.0.1", 0)
    try:
        with pytest.raises(CannotListen, match=f"port {taken.server_port}, for metrics: Address"):
            Endpoint("127.0.0.1", taken.server_port)
    finally:
        taken.server_close()


async def test_registries_of_two_installations_are_apart(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys, **METERED) as one, Site(sqlite, keys, **METERED) as other:
        assert await one.port(CollectorRegistry) is not await other.port(CollectorRegistry)
        await one.client.get("/healthz")
        told = {"method": "GET", "route": "/healthz", "status": "2xx"}
        assert await count(one, "kcs_http_requests_total", **told) == 1
        assert await count(other, "kcs_http_requests_total", **told) == 0
