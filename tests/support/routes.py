"""The routes of the application, as its API description lists them."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

API = "/api/v1"

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", f"{API}/auth/register"),
    ("POST", f"{API}/auth/login"),
    ("POST", f"{API}/auth/refresh"),
    ("POST", f"{API}/auth/logout"),
    ("GET", f"{API}/groups"),
    ("GET", f"{API}/groups/{{group_id}}"),
    ("GET", f"{API}/idols"),
    ("GET", f"{API}/idols/{{idol_id}}"),
    ("GET", f"{API}/releases"),
    ("GET", f"{API}/releases/{{release_id}}"),
    ("GET", f"{API}/cards"),
    ("GET", f"{API}/cards/{{card_id}}"),
}
"""What everybody may ask for without saying who they are."""


def routes_of(app: FastAPI) -> list[RouteContext]:
    """Return those of the API and of the system, each with what its routers add to it."""
    return [
        context
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.include_in_schema
    ]


def method_of(route: RouteContext) -> str:
    (method,) = route.methods or ()
    return method


def place_of(route: RouteContext) -> tuple[str, str]:
    return method_of(route), str(route.path)


def route_class(route: RouteContext) -> type[Any]:
    return type(route.original_route)


def dependencies(dependant: Dependant) -> Iterator[Any]:
    """Yield every function that a route depends on, at whatever depth."""
    for each in dependant.dependencies:
        yield each.call
        yield from dependencies(each)
