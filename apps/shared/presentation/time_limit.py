"""A request is answered within a time, or its client is told to try again."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.shared.domain.errors import Busy
from apps.shared.presentation.problems import refuse

PATIENCE = 12.0
"""Seconds until an answer begins; from then on only its receiver decides how long it takes.

The wait to be admitted counts. Rolling back may take two seconds more.
"""


class TimeLimit:
    """ASGI middleware: what takes longer is cancelled, and its unit of work rolled back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            if not begun:
                begun = True
                limit.reschedule(None)
            await send(message)

        limit = asyncio.timeout(PATIENCE)
        try:
            async with limit:
                await self._app(scope, receive, send_noted)
        except TimeoutError:
            if begun or not limit.expired():
                raise
            response = await refuse(Request(scope), Busy(reason="time"))
            await response(scope, receive, send)
