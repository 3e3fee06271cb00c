"""The signpost leads where asking every route in turn would have led."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from apps.main import create_app
from apps.settings import Settings
from apps.shared.presentation.routing import Signpost
from tests.support.routes import place_of, routes_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
VALUES = ("0198f0aa-0000-7000-8000-000000000000", "export", "batch", "x y", "")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("routing")
    return create_app(
        Settings(database_url=f"sqlite+aiosqlite:///{folder}/kcs.db", data_dir=folder)
    )


def requests_of(app: FastAPI) -> list[Scope]:
    """Fill the templates of all paths with likely and unlikely values, whole or cut or longer."""
    templates = {place_of(route)[1] for route in routes_of(app)}
    paths = {
        path
        for template in templates
        for value in VALUES
        for filled in ["/".join(value if "{" in part else part for part in template.split("/"))]
        for path in (filled, f"{filled}/", f"{filled}/more", filled.rpartition("/")[0])
    }
    return [
        {"type": "http", "method": method, "path": path, "headers": []}
        for path in sorted(paths)
        for method in METHODS
    ]


def walked(app: FastAPI, scope: Scope) -> BaseRoute | None:
    """Ask one route after the other."""
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    return next((each for each in routes if each.matches(scope)[0] is Match.FULL), None)


def led(signpost: Signpost, scope: Scope) -> BaseRoute | None:
    match, found = signpost.matches(scope)
    return found["signpost"] if match is Match.FULL else None


def test_the_signpost_finds_the_route_that_comes_first(app: FastAPI) -> None:
    signpost = app.routes[0]
    assert isinstance(signpost, Signpost)
    scopes = requests_of(app)
    found = [led(signpost, scope) for scope in scopes]
    assert found == [walked(app, scope) for scope in scopes]
    assert all(route.original_route in found for route in routes_of(app))


def test_in_another_order_it_would_find_other_routes(app: FastAPI) -> None:
    """Control: `/me/copies/export` is a copy's id to a route that comes first."""
    backwards = Signpost(reversed(app.routes))
    scopes = requests_of(app)
    assert [led(backwards, each) for each in scopes] != [walked(app, each) for each in scopes]


def test_it_knows_nothing_but_requests(app: FastAPI) -> None:
    assert Signpost(app.routes).matches({"type": "websocket", "path": "/healthz"})[0] is Match.NONE
