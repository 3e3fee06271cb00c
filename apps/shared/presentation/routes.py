"""How requests run: strictly read, and, where they change something, inside one unit of work."""

import asyncio
from collections.abc import Callable, Coroutine
from difflib import get_close_matches
from random import uniform
from time import monotonic
from typing import Any

from dishka.integrations.fastapi import DishkaRoute
from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query

from apps.shared.application.work import UnitOfWork
from apps.shared.domain.errors import Busy, Malformed
from apps.shared.presentation.problems import UnsupportedMediaType
from apps.shared.presentation.who import current_caller

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

JSON_TYPES = {"application/json", "application/merge-patch+json"}
PAUSES = (0.02, 0.05, 0.1, 0.2)
"""Seconds, at most, before each further attempt; each pause is drawn at random up to that."""
PATIENCE = 1.5
"""Seconds after which another attempt would only wait for the same lock again."""


class UnknownParameter(Malformed):
    """There is no such query parameter."""


class StrictRoute(DishkaRoute):
    """Refuses what it does not know: query parameters, and bodies that are not JSON."""

    def get_route_handler(self) -> Handler:
        """Check a request before FastAPI reads it."""
        endpoint = super().get_route_handler()
        asked = get_flat_params(self.dependant)
        known = sorted(field.alias for field in asked if isinstance(field.field_info, Query))

        async def handle(request: Request) -> Response:
            refuse_unknown(request, known)
            if self.body_field:
                await refuse_other_media(request)
            return await endpoint(request)

        return handle


class CommandRoute(StrictRoute):
    """Runs a change in one unit of work, and anew while the database is too busy for it.

    The use cases join that unit, and the answer is complete before it commits, so that no
    success is ever sent for a change that was not kept. A dependency with `yield` has no place
    on such a route: it would outlive its attempt.
    """

    def get_route_handler(self) -> Handler:
        """Wrap the strict handler; a GET passes through."""
        endpoint = super().get_route_handler()
        if self.methods == {"GET"}:
            return endpoint

        async def handle(request: Request) -> Response:
            _ = await current_caller(request)  # before the unit: it asks the other pool
            give_up_at = monotonic() + PATIENCE
            for pause in PAUSES:
                try:
                    return await attempt(request, endpoint)
                except Busy:
                    if monotonic() > give_up_at:
                        raise
                await asyncio.sleep(uniform(0, pause))
            return await attempt(request, endpoint)

        return handle


async def attempt(request: Request, endpoint: Handler) -> Response:
    """Run the endpoint and commit; only then has the caller something to send."""
    async with await request.app.state.dishka_container.get(UnitOfWork):
        return await endpoint(request)


def refuse_unknown(request: Request, known: list[str]) -> None:
    """Name the first unknown query parameter, and the known one it looks like."""
    for name in request.query_params:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0) if known else []
            hint = f" Did you mean `{near[0]}`?" if near else " This route takes none."
            raise UnknownParameter(
                f"There is no query parameter `{name}`.{hint}",
                errors=[{"parameter": name, "code": "unknown-parameter", "detail": hint.strip()}],
            )


async def refuse_other_media(request: Request) -> None:
    """Raise UnsupportedMediaType where a body is there and is not said to be JSON."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES and await request.body():
        raise UnsupportedMediaType
