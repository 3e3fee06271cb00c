"""No more requests at once than there are connections for; the others wait in front."""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apps.shared.application.meters import Meters
from apps.shared.domain.errors import Busy
from apps.shared.presentation.problems import refuse

PROBES = {"/healthz", "/readyz", "/startupz"}
"""Whether the process lives, and its database, is not a question of how busy it is."""


class Admission:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, limit: int, patience: float, meters: Meters) -> None:
        """Take how many seconds a request may wait to be admitted."""
        self._app = app
        self._meters = meters
        self._patience = patience
        self._room = asyncio.Semaphore(limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request when there is room, or tell the client to come back."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        try:
            if self._room.locked():
                with self._meters.waiting("admission"):
                    async with asyncio.timeout(self._patience):
                        await self._room.acquire()
            else:
                await self._room.acquire()
        except TimeoutError:
            response = await refuse(Request(scope), Busy(reason="admission"))
            await response(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._room.release()
