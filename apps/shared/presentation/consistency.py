"""A signed header by which any server knows what a client has written: `X-Consistency-Token`."""

from dishka import AsyncContainer
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.shared.application.consistency import NOWHERE, READING, Positions, Reading
from apps.shared.presentation.pages import CursorMismatch, Cursors

HEADER = "X-Consistency-Token"
OF = "positions"
READ_ONLY = {"GET", "HEAD"}


class ConsistentReads:
    """ASGI middleware: notes how far a change has come, and holds reads to that.

    In one process nobody has to send anything back; with several, or behind a proxy that chooses
    among them, the header tells. One that was not signed here counts as none.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; where there is no copy of the database, as it is."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        container: AsyncContainer = scope["app"].state.dishka_container
        positions = await container.get(Positions)
        if not positions.matter:
            await self._app(scope, receive, send)
            return
        cursors = await container.get(Cursors)
        if scope["method"] in READ_ONLY:
            told = Headers(scope=scope).get(HEADER, "")
            before = READING.set(Reading(position=position_of(told, cursors)))
            try:
                await self._app(scope, receive, send)
            finally:
                READING.reset(before)
            return

        async def send_noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                caller = scope.get("state", {}).get("caller")
                position = await positions.note(caller.member_id if caller else None)
                if position != NOWHERE:
                    MutableHeaders(scope=message)[HEADER] = cursors.seal(str(position), of=OF)
            await send(message)

        await self._app(scope, receive, send_noted)


def position_of(token: str, cursors: Cursors) -> int:
    """Return what a token says, if it is one of ours."""
    try:
        return int(cursors.open(token, of=OF)) if token else 0
    except CursorMismatch:
        return 0
