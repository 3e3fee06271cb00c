"""One id per request, on every answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.support.site import API, Site

HEADER = "X-Request-Id"


@pytest.fixture
async def site(sqlite: str, keys: Path) -> AsyncIterator[Site]:
    """No database is asked."""
    async with Site(sqlite, keys) as site:
        yield site


@pytest.mark.parametrize("told", ["a", "req-1.2_3", "A" * 64, str(UUID(int=7))])
async def test_an_acceptable_id_is_taken_over(site: Site, told: str) -> None:
    answer = await site.client.get("/healthz", headers={HEADER: told})
    assert answer.headers.get_list(HEADER) == [told]
    refused = await site.client.get(f"{API}/me", headers={HEADER: told})
    assert (refused.headers[HEADER], refused.json()["request_id"]) == (told, told)


@pytest.mark.parametrize("told", ["", "a" * 65, "a b", "a\tb", "é", "<script>", "a/b", "a\x7fb"])
async def test_any_other_id_is_replaced(site: Site, told: str) -> None:
    answer = await site.client.get("/healthz", headers=[(HEADER.encode(), told.encode())])
    (given,) = answer.headers.get_list(HEADER)
    assert UUID(given).version == 7


async def test_without_one_each_request_is_given_its_own(site: Site) -> None:
    given = {(await site.client.get("/healthz")).headers[HEADER] for _ in range(50)}
    assert len(given) == 50


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/docs", 200),
        ("GET", f"{API}/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/docs/assets/nothing.js", 404),
        ("GET", f"{API}/me", 401),
        ("DELETE", f"{API}/me/wants", 405),
        ("GET", f"{API}/cards?surprise=1", 400),
    ],
)
async def test_every_answer_bears_it(site: Site, method: str, path: str, status: int) -> None:
    answer = await site.client.request(method, path, headers={HEADER: "mine"})
    assert (answer.status_code, answer.headers.get_list(HEADER)) == (status, ["mine"])
