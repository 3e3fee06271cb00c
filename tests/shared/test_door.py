"""What every answer carries, and who may ask: names of hosts, origins of pages, proxies."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from httpx import Response

from tests.support import laboratory
from tests.support.served import a_server, await_ready, environment
from tests.support.site import API, Site

APP = "https://app.kcs.test"
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
NO_PAGE = "default-src 'none'; frame-ancestors 'none'"


@pytest.fixture
async def lab(sqlite: str, keys: Path) -> AsyncIterator[Site]:
    """No database is asked."""
    settings = {"allowed_hosts": ("kcs.test", "[::1]"), "cors_origins": (APP,)}
    async with Site(sqlite, keys, **settings) as site:
        site.app.include_router(laboratory.router)
        yield site


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/nowhere", 404),
        ("DELETE", "/healthz", 405),
        ("GET", f"{API}/me", 401),
        ("POST", "/laboratory/pages", 413),
        ("GET", "/laboratory/fault", 500),
        ("OPTIONS", f"{API}/me", 405),
    ],
)
async def test_attack_52_every_answer_is_guarded(
    lab: Site, method: str, path: str, status: int
) -> None:
    content = b"x" * 300_000 if status == 413 else b""
    answer = await lab.client.request(method, path, content=content)
    assert answer.status_code == status
    assert {name: answer.headers.get_list(name) for name in ALWAYS} == {
        name: [value] for name, value in ALWAYS.items()
    }
    assert answer.headers.get_list("Content-Security-Policy") == [NO_PAGE]
    assert "Server" not in answer.headers


async def test_pages_may_do_what_they_need_and_no_more(lab: Site) -> None:
    docs = (await lab.client.get("/docs")).headers["Content-Security-Policy"]
    assert docs.startswith(NO_PAGE)
    assert "script-src 'self' 'unsafe-inline'" in docs
    problems = (await lab.client.get("/problems/not-found")).headers["Content-Security-Policy"]
    assert problems == f"{NO_PAGE}; style-src 'unsafe-inline'"


async def test_over_plain_http_nobody_is_bound_to_https(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys, issuer="http://kcs.test") as site:
        answer = await site.client.get("/healthz")
    assert "Strict-Transport-Security" not in answer.headers


async def test_what_is_answered_to_one_member_is_kept_by_no_cache(lab: Site) -> None:
    ann = await lab.join("ann")
    assert (await ann.get("/me")).headers.get_list("Cache-Control") == ["no-store"]
    assert (await ann.get("/nowhere")).headers.get_list("Cache-Control") == ["no-store"]
    assert "Cache-Control" not in (await lab.client.get(f"{API}/cards")).headers
    login = await lab.client.post(f"{API}/auth/login", json={"email": "a@b.cd", "password": "x"})
    assert login.headers.get_list("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("host", ["kcs.test", "KCS.test:8443", "[::1]", "[::1]:8000"])
async def test_it_answers_under_its_names(lab: Site, host: str) -> None:
    answer = await lab.client.get(f"{API}/cards", headers={"Host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "kcs.test.evil.test", "", "evil.test:kcs.test", "[::1", "kcs.test@evil"]
)
async def test_attack_52_under_any_other_name_it_does_not(lab: Site, host: str) -> None:
    answer = await lab.client.get(f"{API}/cards", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "unknown-host")
    assert (await lab.client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_of_two_names_none_is_believed(lab: Site) -> None:
    hosts = [(b"Host", b"kcs.test"), (b"Host", b"evil.test")]
    answer = await lab.client.get(f"{API}/cards", headers=hosts)
    assert answer.json()["code"] == "unknown-host"


async def asked_before(lab: Site, path: str, origin: str, method: str = "PATCH") -> Response:
    """What a browser asks before it lets a page send such a request."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, idempotency-key, x-kcs-client",
    }
    return await lab.client.options(f"{API}{path}", headers=headers)


async def test_pages_of_an_allowed_origin_may_use_the_api(lab: Site) -> None:
    asked = await asked_before(lab, "/me", APP)
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == APP
    assert "Access-Control-Allow-Credentials" not in asked.headers
    answer = await lab.client.get(f"{API}/cards", headers={"Origin": APP})
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]
    fault = await lab.client.get("/laboratory/fault", headers={"Origin": APP})
    assert (fault.status_code, fault.headers["Access-Control-Allow-Origin"]) == (500, APP)


async def test_cookies_go_along_where_one_signs_in(lab: Site) -> None:
    asked = await asked_before(lab, "/auth/refresh", APP, "POST")
    assert asked.headers["Access-Control-Allow-Credentials"] == "true"
    body = {"refresh_token": "none"}
    answer = await lab.client.post(f"{API}/auth/refresh", json=body, headers={"Origin": APP})
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize(
    "origin", ["https://evil.test", f"{APP}.evil.test", "http://app.kcs.test", "null", "*"]
)
async def test_attack_52_pages_of_any_other_origin_may_not(lab: Site, origin: str) -> None:
    for path in ("/me", "/auth/refresh"):
        asked = await asked_before(lab, path, origin)
        assert (asked.status_code, asked.json()["code"]) == (403, "origin-not-allowed")
        assert "Access-Control-Allow-Origin" not in asked.headers
        answer = await lab.client.get(f"{API}{path}", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_where_no_origin_is_allowed_nothing_is_said_of_any(sqlite: str, keys: Path) -> None:
    async with Site(sqlite, keys) as site:
        answer = await site.client.get(f"{API}/cards", headers={"Origin": APP})
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert (await asked_before(site, "/me", APP)).status_code == 405


@pytest.mark.parametrize(
    ("trusted", "forwarded", "network"),
    [
        ("", "203.0.113.7", "127.0.0.0/24"),
        ("10.0.0.0/8", "203.0.113.7", "127.0.0.0/24"),
        ("127.0.0.1, 10.0.0.0/8", "203.0.113.7", "203.0.113.0/24"),
        ("127.0.0.1, 10.0.0.0/8", "198.51.100.9, 203.0.113.7, 10.1.2.3", "203.0.113.0/24"),
    ],
)
def test_of_forwarded_addresses_the_last_untrusted_one_counts(
    sqlite: str, tmp_path: Path, trusted: str, forwarded: str, network: str
) -> None:
    env = environment(sqlite, tmp_path, TRUSTED_PROXIES=trusted)
    with a_server(env) as server:
        await_ready(server)
        with httpx.Client(base_url=f"{server.address}{API}") as http:
            ann = {"email": "ann@kcs.test", "password": "long enough to be safe"}
            http.post("/auth/register", json=ann | {"nickname": "ann"}).raise_for_status()
            told = {"X-Forwarded-For": forwarded}
            tokens = http.post("/auth/login", json=ann, headers=told).raise_for_status().json()
            signed = {"Authorization": f"Bearer {tokens['access_token']}"}
            (session,) = http.get("/auth/sessions", headers=signed).json()["items"]
        server.stop()
    assert session["ip_trunc"] == network
