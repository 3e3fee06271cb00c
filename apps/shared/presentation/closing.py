"""What becomes of requests that are still under way when the process has to end."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.shared.application.readiness import Closing
from apps.shared.domain.errors import Busy
from apps.shared.presentation.problems import refuse


class CutOff:
    """ASGI middleware: whoever is not answered in time is told to try again, elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, and answer it if it is cancelled because the server stops."""
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except asyncio.CancelledError:
            closing = await scope["app"].state.dishka_container.get(Closing)
            if begun or scope["type"] != "http" or not closing:
                raise
            response = await refuse(Request(scope), Busy(reason="stopping"))
            await response(scope, receive, send)
