"""A request and its answer, as those see them who note what became of them."""

from collections.abc import Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

End = Callable[[int | None, float], None]
"""Hears of the status, none without an answer or 500 where it broke down, and of the seconds."""


async def follow(app: ASGIApp, scope: Scope, receive: Receive, send: Send, end: End) -> None:
    """Let a request be served, and tell once how it ended."""
    began = perf_counter()
    status: int | None = None

    async def send_noted(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    try:
        await app(scope, receive, send_noted)
    except Exception:
        status = status or 500
        raise
    finally:
        end(status, perf_counter() - began)
