"""Files made while they are sent, a portion at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, Self

from starlette.responses import StreamingResponse
from starlette.types import Message, Send

PATIENCE = 10.0
"""Seconds in which a client has to take a portion: a slow one holds the place of others."""

logger = logging.getLogger(__name__)


class CsvDownload(StreamingResponse):
    """CSV to be kept as a file; one that ends early was cut off, which its client can tell."""

    media_type = "text/csv"

    @classmethod
    async def of(cls, portions: AsyncIterator[str], *, name: str) -> Self:
        """Make the first portion at once: what goes wrong there can still be told as a problem."""
        first = await anext(portions)

        async def all_portions() -> AsyncIterator[str]:
            yield first
            async for portion in portions:
                yield portion

        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return cls(all_portions(), headers=headers)

    async def stream_response(self, send: Send) -> None:
        """Send until a portion is not taken in time."""

        async def send_soon(message: Message) -> None:
            async with asyncio.timeout(PATIENCE):
                await send(message)

        try:
            await super().stream_response(send_soon)
        except TimeoutError:
            logger.warning("A download was not taken in time and is cut off.")


def described(example: str) -> dict[int | str, dict[str, Any]]:
    """Describe the answer of a route whose `response_class` is a download."""
    text = {"type": "string"}
    header = {"schema": text, "description": "A name to keep the file under.", "required": True}
    return {
        200: {
            "description": "The file.",
            "headers": {"Content-Disposition": header},
            "content": {CsvDownload.media_type: {"schema": text, "example": example}},
        }
    }
