"""One id per request, taken over from the client or issued, for logs and problems alike."""

import logging
import re
from contextvars import ContextVar

from opentelemetry.trace import format_trace_id, get_current_span
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.shared.application.audit import WHENCE, Whence
from apps.shared.domain.ids import Ids
from apps.shared.presentation.networks import network_of

HEADER = "X-Request-Id"
TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)
TRACE: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace that the client says its request belongs to (W3C Trace Context)."""
CURRENT: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request that the running task works on."""
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestId:
    """ASGI middleware that puts `request_id` into the request's state and the answer's headers."""

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        told = headers.get(HEADER, "")
        request_id = told if ACCEPTABLE.fullmatch(told) else str(self._ids.next())
        scope.setdefault("state", {})["request_id"] = request_id
        CURRENT.set(request_id)
        parent = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
        TRACE.set(parent[1] if parent else "")
        host, _ = scope.get("client") or ("", 0)
        WHENCE.set(Whence(network=network_of(host), request_id=request_id))

        async def send_stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send_stamped)


def stamp(record: logging.LogRecord) -> bool:
    """Put the id into a line; let every line pass."""
    record.request_id = CURRENT.get()
    if trace := trace_id():
        record.trace_id = trace
    return True


def trace_id() -> str:
    """Return the trace of the running task, an empty text where there is none."""
    span = get_current_span().get_span_context()
    return format_trace_id(span.trace_id) if span.is_valid else TRACE.get()
