"""Where routes are entered, and how the route of a request is found at once.

FastAPI asks one route after the other, and those of a router twice; with a hundred routes that
takes longer than many an answer.
"""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from opentelemetry.trace import get_current_span
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from apps.shared.presentation.openapi import PROBLEMS, operation_id

API = "/api/v1"
TELLING = 3
"""The segment of a path that tells most: `/api/v1/THIS/…`, and none of a shorter one."""


class ApiRouter(APIRouter):
    """A router of the API; its routes are the application's own, as they are."""

    def __init__(self, *, prefix: str = "", **options: Any) -> None:
        super().__init__(
            prefix=f"{API}{prefix}",
            responses=PROBLEMS,
            generate_unique_id_function=operation_id,
            **options,
        )


class Signpost(BaseRoute):
    """Stands first among the routes and leads to one of them; where it knows none, they are asked.

    Routes with the same method, number of segments and telling segment are asked in their order,
    so that the first one that matches is the one FastAPI would have found.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._ways: dict[tuple[str, int, str], list[APIRoute]] = {}
        for route in routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    self._ways.setdefault(_way(method, route.path), []).append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Look the route up."""
        if scope["type"] == "http":
            for route in self._ways.get(_way(scope["method"], scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, {**found, "signpost": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go where it leads, and let the span of the request have its name."""
        if scope.get("fastapi.telemetry"):
            span, path = get_current_span(), scope["signpost"].path
            span.set_attribute("http.route", path)
            span.update_name(f"{scope['method']} {path}")
        await scope["signpost"].handle(scope, receive, send)


def _way(method: str, path: str) -> tuple[str, int, str]:
    segments = path.split("/")
    return method, len(segments), segments[TELLING] if len(segments) > TELLING else ""
