"""Served past FastAPI, a request is answered as FastAPI would have answered it."""

import json
from asyncio import Runner
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import pytest
from dishka import make_async_container
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import serialize_response
from httpx import ASGITransport, AsyncClient
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.shared.infrastructure.clock import TimeOrderedIds
from apps.shared.presentation import plain, problems, routes
from apps.shared.presentation.problems import ValidationFailed
from apps.shared.presentation.request_id import RequestId
from apps.shared.presentation.routes import StrictRoute
from tests.support.laboratory import Page

JSON = "application/json"
KINDS = [JSON, "Application/JSON", f"{JSON}; charset=utf-8", "application/merge-patch+json"]
KINDS += ["text/plain", "", f"{JSON}, {JSON}"]

pages = st.fixed_dictionaries(
    {"title": st.text(max_size=12)},
    optional={
        "text": st.text(max_size=8),
        "notes": st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=2)),
        "lines": st.lists(st.fixed_dictionaries({"title": st.just("inner")}), max_size=2),
        "unknown": st.none(),
    },
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
bodies = st.one_of(
    (pages | values).map(json.dumps).map(str.encode),
    st.builds(lambda page, at: json.dumps(page).encode()[:at], pages, st.integers(0, 30)),
    st.binary(max_size=12),
    st.sampled_from(
        [b"[" * 100_000, b'{"title":"\\ud800"}', b'{"title":"a","title":"b"}', b"null"]
    ),
)


async def write(page: Page) -> Page:
    return page


async def count(page: Page, request: Request) -> dict[str, Any]:
    return {"pages": 1 + len(page.lines), "method": request.method}


async def draft(page: Page | None = None) -> Page | None:
    return page


async def bake(page: Page, response: Response) -> Page:
    for line in page.lines:
        response.headers.append("Set-Cookie", f"{line.title}=1; Secure")
    return page


async def drop(page: Page) -> None:
    assert isinstance(page, Page)


async def refuse(page: Page) -> Page:
    raise ValidationFailed(errors=[{"pointer": f"/{page.title}"}])


ENDPOINTS: dict[str, Callable[..., Any]] = {
    "/pages": write,
    "/counts": count,
    "/drafts": draft,
    "/baked": bake,
    "/dropped": drop,
    "/refusals": refuse,
}


def an_application() -> FastAPI:
    """One that has routes for these endpoints only."""
    router = APIRouter(route_class=StrictRoute)
    for path, endpoint in ENDPOINTS.items():
        router.add_api_route(path, endpoint, methods=["POST"], status_code=202)
    app = FastAPI()
    app.state.dishka_container = make_async_container()
    app.add_middleware(RequestId, ids=TimeOrderedIds())
    app.router.routes.extend(router.routes)
    problems.install(app)
    return app


class Both:
    """One application as it is, and one that FastAPI serves whole."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        ours = an_application()
        with patch.object(routes, "plainly", lambda _, by_fastapi: by_fastapi):
            whole = an_application()
        self._clients = [
            AsyncClient(transport=ASGITransport(app), base_url="http://kcs")
            for app in (ours, whole)
        ]

    def answers(self, path: str, kind: str, body: bytes) -> list[tuple[int, object, bytes]]:
        headers = {"X-Request-Id": "one"} | ({"Content-Type": kind} if kind else {})
        answers = [
            self._runner.run(client.post(path, content=body, headers=headers))
            for client in self._clients
        ]
        return [(each.status_code, each.headers.raw, each.content) for each in answers]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with Runner() as runner:
        yield Both(runner)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(path=st.sampled_from([*ENDPOINTS]), kind=st.sampled_from(KINDS), body=bodies)
def test_it_answers_as_fastapi_does(both: Both, path: str, kind: str, body: bytes) -> None:
    ours, whole = both.answers(path, kind, body)
    assert ours == whole


@pytest.mark.parametrize(
    ("path", "status"),
    [("/pages", 202), ("/counts", 202), ("/drafts", 202), ("/baked", 202), ("/refusals", 422)],
)
def test_a_well_formed_body_goes_past_fastapi(path: str, status: int) -> None:
    """Control: what is compared above are two ways indeed."""
    with (
        Runner() as runner,
        patch(
            "apps.shared.presentation.plain.serialize_response", wraps=serialize_response
        ) as ours,
        patch("fastapi.routing.solve_dependencies", side_effect=AssertionError) as theirs,
    ):
        app = an_application()
        client = AsyncClient(transport=ASGITransport(app), base_url="http://kcs")
        answer = runner.run(client.post(path, json={"title": "one"}))
    assert answer.status_code == status
    assert ours.called is (status == 202)
    assert not theirs.called


def test_a_shortcut_that_is_wrong_is_noticed(both: Both) -> None:
    """Control: where the shortcut takes what it should leave to FastAPI, the answers differ."""

    async def careless(request: Request) -> Any:
        return json.loads((await request.body()).decode(errors="replace"))

    with patch.object(plain, "json_of", careless):
        ours, whole = both.answers("/pages", JSON, b'{"title": "\xff"}')
    assert ours != whole
