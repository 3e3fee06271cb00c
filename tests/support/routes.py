"""The routes of the application, as its API description lists them, and what is wrong with them."""

from collections.abc import Iterator
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from apps.shared.presentation.routes import CommandRoute, StrictRoute
from apps.shared.presentation.who import bearer, current_caller, current_member, proven_caller

API = "/api/v1"

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/startupz"),
    ("GET", "/.well-known/jwks.json"),
    ("POST", f"{API}/auth/register"),
    ("POST", f"{API}/auth/mfa/verify"),
    ("POST", f"{API}/auth/login"),
    ("POST", f"{API}/auth/refresh"),
    ("POST", f"{API}/auth/logout"),
    ("POST", f"{API}/auth/email/verify"),
    ("POST", f"{API}/auth/email/resend"),
    ("POST", f"{API}/auth/email/confirm"),
    ("POST", f"{API}/auth/email/undo"),
    ("POST", f"{API}/auth/password/forgot"),
    ("POST", f"{API}/auth/password/reset"),
    *(
        ("POST", f"{API}/auth/oidc/{{provider}}/{step}")
        for step in ("start", "callback", "nonce", "id-token")
    ),
    ("POST", f"{API}/me/deletion/cancel"),
    ("POST", f"{API}/webhooks/{{provider}}"),
    ("GET", f"{API}/groups"),
    ("GET", f"{API}/groups/{{group_id}}"),
    ("GET", f"{API}/idols"),
    ("GET", f"{API}/idols/{{idol_id}}"),
    ("GET", f"{API}/releases"),
    ("GET", f"{API}/releases/{{release_id}}"),
    ("GET", f"{API}/cards"),
    ("GET", f"{API}/cards/{{card_id}}"),
    ("GET", f"{API}/vouches/{{token}}"),
    ("GET", f"{API}/exports/{{operation_id}}"),
    ("GET", f"{API}/order-rounds/{{order_round_id}}/draw"),
}
"""What everybody may ask for without saying who they are."""

ASKING = {current_caller, current_member, proven_caller}
"""What a route depends on that asks who it is."""


def routes_of(app: FastAPI) -> list[RouteContext]:
    """Return those of the API and of the system, each with what its routers add to it."""
    return [
        context
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute) and context.include_in_schema
    ]


def method_of(route: RouteContext) -> str:
    (method,) = route.methods or {""}
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


def bodies_of(app: FastAPI) -> list[Any]:
    """Return the types of all request bodies."""
    infos = [route.body_field.field_info for route in routes_of(app) if route.body_field]
    return [Annotated[info.annotation, "body", *info.metadata] for info in infos]


def doors_left_open(app: FastAPI) -> list[str]:
    """Find routes that are not on the list of public ones and do not ask who it is, or reverse."""
    return [
        str(place_of(route))
        for route in routes_of(app)
        for declared in [any(each.dependency is bearer for each in route.dependencies)]
        for asked in [not ASKING.isdisjoint(dependencies(route.dependant))]
        if {declared, asked} != {place_of(route) not in PUBLIC}
    ]


def loose_routes(app: FastAPI) -> list[str]:
    """Find changes that do not run in one unit of work, and routes that are not strict.

    Where nobody is signed in, as with a mailed token, the use case opens it.
    """
    return [
        f"{place_of(route)} is a {route_class(route).__name__}"
        for route in routes_of(app)
        for signing_in in [str(route.path).startswith(f"{API}/auth/")]
        for reading in [method_of(route) == "GET" or place_of(route) in PUBLIC]
        for wanted in [StrictRoute if reading or signing_in else CommandRoute]
        if not issubclass(route_class(route), wanted)
    ]


def lingering_routes(app: FastAPI) -> list[str]:
    """Find routes with a dependency that would outlive its attempt; they have no stack for it."""
    return [
        str(place_of(route))
        for route in routes_of(app)
        if issubclass(route_class(route), StrictRoute)
        if any(
            isasyncgenfunction(depended) or isgeneratorfunction(depended)
            for depended in dependencies(route.dependant)
        )
    ]
