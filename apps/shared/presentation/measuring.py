"""Requests as they are counted: by the template of their route, never by what a client wrote."""

from starlette.types import ASGIApp, Receive, Scope, Send

from apps.shared.application.meters import Meters, Served
from apps.shared.domain.errors import Busy
from apps.shared.presentation.exchange import follow
from apps.shared.presentation.problems import code_of

NOWHERE = "(none)"
"""In place of the route, where there is none."""


class Measured:
    """ASGI middleware that counts each request once it is over."""

    def __init__(self, app: ASGIApp, *, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; without an answer its status is none, or 500 where it broke down."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        def end(status: int | None, seconds: float) -> None:
            self._meters.end(served(scope, status, seconds))

        self._meters.begin()
        await follow(self._app, scope, receive, send, end)


def served(scope: Scope, status: int | None, seconds: float) -> Served:
    """Gather what was noted of a request while it was served."""
    noted = scope.get("state", {})
    refusal = noted.get("refusal")
    return Served(
        method=scope["method"],
        route=getattr(scope.get("route"), "path", NOWHERE),
        status=status,
        seconds=seconds,
        refusal=refusal and code_of(type(refusal)),
        reason=refusal.reason if isinstance(refusal, Busy) else None,
        retries=noted.get("retries", 0),
        replayed=noted.get("replayed", False),
    )
