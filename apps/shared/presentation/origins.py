"""Under which names the service answers, and to pages of which other origins."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from apps.shared.domain.errors import Forbidden, Malformed
from apps.shared.presentation.admission import PROBES
from apps.shared.presentation.problems import refuse
from apps.shared.presentation.safe_headers import SIGNING_IN

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SENT = (
    *("Authorization", "Content-Type", "X-KCS-Client", "X-Request-Id"),
    *("Idempotency-Key", "If-Match", "If-None-Match", "X-Consistency-Token"),
)
SHOWN = (
    *("ETag", "Idempotency-Replayed", "Link", "Location", "X-Request-Id"),
    *("Retry-After", "RateLimit", "RateLimit-Policy", "X-Consistency-Token"),
)
"""Headers that pages of other origins may send, and see of the answers."""


class UnknownHost(Malformed):
    """This service does not answer under the name in `Host`."""


class OriginNotAllowed(Forbidden):
    """Pages of this origin may not use the service, or not in this way."""


class KnownHosts:
    """ASGI middleware: links in answers are made of `Host`, so it must be one of ours."""

    def __init__(self, app: ASGIApp, *, names: Collection[str]) -> None:
        """Answer under these names only, whatever the port, or under any where none is named."""
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it; whoever probes may not know our name."""
        if scope["type"] != "http" or scope["path"] in PROBES or self._is_known(scope):
            await self._app(scope, receive, send)
            return
        response = await refuse(Request(scope), UnknownHost())
        await response(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        told = Headers(scope=scope).getlist("Host")
        return not self._names or (len(told) == 1 and name_of(told[0]) in self._names)


class CrossOrigin(CORSMiddleware):
    """Starlette's middleware; what it refuses is a problem like any other refusal."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the question whether it may be sent."""
        try:
            await super().__call__(scope, receive, send)
        except OriginNotAllowed as refusal:
            response = await refuse(Request(scope), refusal)
            await response(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Say what may be sent; raise OriginNotAllowed."""
        response = super().preflight_response(request_headers)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise OriginNotAllowed(f"{bytes(response.body).decode()}.")
        return response


class CrossOrigins:
    """ASGI middleware: pages of these origins may use the API, with cookies where one signs in."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        told: dict[str, Any] = {
            "allow_origins": frozenset(origins),
            "allow_methods": METHODS,
            "allow_headers": SENT,
            "expose_headers": SHOWN,
        }
        self._signing_in = CrossOrigin(app, allow_credentials=True, **told)
        self._elsewhere = CrossOrigin(app, **told)
        self._any = bool(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; where there are no such origins, browsers keep their rules."""
        if not self._any or scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(SIGNING_IN):
            await self._signing_in(scope, receive, send)
        else:
            await self._elsewhere(scope, receive, send)


def name_of(host: str) -> str:
    """Return a host without its port, as names are compared; brackets of IPv6 stay."""
    name = (
        host[: host.index("]") + 1]
        if host.startswith("[") and "]" in host
        else host.partition(":")[0]
    )
    return name.lower()
