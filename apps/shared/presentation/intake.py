"""A request is worked on once it is there: its body read whole, within bounds of size and time."""

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.shared.domain.errors import DomainError, Malformed
from apps.shared.presentation.depth import hold_shallow
from apps.shared.presentation.problems import PayloadTooLarge, RequestTimeout, refuse

PATIENCE = 10.0
"""Seconds in which a body has to arrive."""

LONGEST_LENGTH = 18
"""Digits; a number of more bytes than that need not be read to be too large."""


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class Intake:
    """ASGI middleware, in front of whatever is scarce: a slow sender must hold nothing up."""

    def __init__(self, app: ASGIApp, limit: int, longer: Mapping[str, int]) -> None:
        """Take at most `limit` bytes, but at some paths as many as `longer` says of them."""
        self._app = app
        self._limit = limit
        self._longer = longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse to wait for it, or to take so much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            limit = self._longer.get(scope["path"], self._limit)
            headers = Headers(scope=scope)
            hold_that_its_end_is_told_once(headers)
            body = await self._read(headers, receive, limit)
            if body and "json" in headers.get("Content-Type", "").lower():
                hold_shallow(body)
        except ClientGone:
            return
        except DomainError as refusal:
            response = await refuse(Request(scope), refusal)
            await response(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, receive_again, send)

    async def _read(self, headers: Headers, receive: Receive, limit: int) -> bytes:
        if exceeds(headers.get("Content-Length", ""), limit):
            raise PayloadTooLarge
        body = bytearray()
        try:
            async with asyncio.timeout(PATIENCE):
                while await self._read_more(body, receive):
                    if len(body) > limit:
                        raise PayloadTooLarge
        except TimeoutError as late:
            raise RequestTimeout from late
        if len(body) > limit:
            raise PayloadTooLarge
        return bytes(body)

    async def _read_more(self, body: bytearray, receive: Receive) -> bool:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        return bool(message.get("more_body"))


def hold_that_its_end_is_told_once(headers: Headers) -> None:
    """Raise Malformed where a proxy could see another end of the body than we do."""
    lengths, encodings = headers.getlist("Content-Length"), headers.getlist("Transfer-Encoding")
    if len(lengths) + len(encodings) > 1:
        raise Malformed("Content-Length or Transfer-Encoding, and only once.")


def exceeds(told: str, limit: int) -> bool:
    """Tell whether a `Content-Length` says so before anything is read."""
    if not (told.isascii() and told.isdecimal()):
        return False
    return len(told) > LONGEST_LENGTH or int(told) > limit
