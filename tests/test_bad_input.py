"""Whatever is sent to whichever route, the answer says what is wrong with it, and never a 5xx."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from httpx import Response
from uuid_utils.compat import uuid7

from apps.main import create_app
from apps.settings import Settings
from tests.support.bad_values import BELL, HUGE_NUMBER, HUGE_TEXT, MISSING, NUL, Fault, Schemas
from tests.support.databases import a_postgresql_database, a_sqlite_database
from tests.support.good_requests import ROWS, Good
from tests.support.routes import PUBLIC, place_of, routes_of
from tests.support.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEMBERS = {"type", "title", "status", "detail", "instance", "code", "request_id"}
PLACES = {"pointer", "parameter", "header"}
JSON = "application/json"
TOO_DEEP = "[" * 100_000
BODIES_NOBODY_CAN_READ = {
    "nothing": b"",
    "half a body": b"{",
    "another language": b"{'a': 1}",
    "not even text": b"\xff\xfe\x00",
    "NUL": b"\0",
    "deeper than can be followed": TOO_DEEP.encode(),
    "a number nobody can count to": b'{"revision": ' + b"1" * 5_000 + b"}",
    "text": b'"first"',
    "a number": b"7",
    "a list": b"[]",
}
MALFORMED_IDS = ("first", "%00", "a%07b", "x" * 2_000, "-1", str(HUGE_NUMBER), "null", "%F0%9F%92")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def one_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield a_sqlite_database(tmp_path_factory.mktemp("bad") / "kcs.db", like=template)
        return
    cluster = request.getfixturevalue("cluster")
    with a_postgresql_database(
        cluster, like=request.getfixturevalue("postgresql_template")
    ) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(one_url: str, keys: Path) -> AsyncIterator[Site]:
    """One site for all routes; they leave each other alone, since each has members of its own."""
    async with Site(one_url, keys) as site:
        yield site


class Sender:
    """Sends variations of one good request, and holds every answer to be a refusal."""

    def __init__(self, site: Site, method: str, path: str, good: Good) -> None:
        self._site = site
        self._method = method
        self._path = path
        self._good = good

    async def send(self, **changes: Any) -> Response:
        """Send the good request, changed in these respects."""
        ids = {**self._good.ids, **changes.pop("ids", {})}
        headers = {"Authorization": f"Bearer {self._good.by.token}"} if self._good.by else {}
        told = {"params": dict(self._good.query), "headers": headers}
        if self._good.body is not None and "content" not in changes:
            told["content"] = json.dumps(self._good.body)
        told = {**told, **changes}
        if "content" in told:
            told["headers"] = {"Content-Type": JSON, **told["headers"]}
        return await self._site.client.request(self._method, self._path.format(**ids), **told)

    async def is_refused(self, why: str, *status: int, **changes: Any) -> None:
        """Hold that the answer is a problem with one of these statuses, any 4xx by default."""
        answer = await self.send(**changes)
        case = f"{self._method} {self._path}: {why}: {answer.status_code} {answer.text[:300]}"
        assert answer.status_code in (status or range(400, 500)), case
        assert answer.headers["Content-Type"] == "application/problem+json", case
        told = answer.json()
        assert told.keys() >= MEMBERS, case
        assert (told["status"], told["request_id"]) == (
            answer.status_code,
            answer.headers["X-Request-Id"],
        ), case
        assert all(len(PLACES & fault.keys()) == 1 for fault in told.get("errors", ())), case
        assert all({"code", "detail"} <= fault.keys() for fault in told.get("errors", ())), case

    async def is_survived(self, why: str, **changes: Any) -> None:
        """Hold that this is answered, well or with a problem."""
        answer = await self.send(**changes)
        if not answer.is_success:
            await self.is_refused(why, **changes)
