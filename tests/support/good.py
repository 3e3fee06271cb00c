"""What a good request is, and who may send it about what."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from uuid_utils.compat import uuid7

from tests.support.site import Member, Site


def unsigned(_: bytes) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Good:
    """What to send; `foreign` are ids that exist, but that the sender has no part in.

    A body is JSON, unless `media` says that it is text of another type.
    """

    by: Member | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    unchecked: bool = False
    """Any id will do, so that nobody learns whether it is somebody's."""
    strange: int = 404
    """The status for an id that nobody has."""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    media: str = "application/json"
    status: int = 200
    sign: Callable[[bytes], Mapping[str, str]] = unsigned
    """The headers by which a body is known to be of its sender."""

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        told = json.dumps(self.body) if self.media == "application/json" else self.body
        return str(told).encode()


Row = Callable[[Site], Awaitable[Good]]


async def somebody(site: Site) -> Member:
    return await site.join(f"fan{uuid7().hex[-20:]}")


async def a_card(site: Site) -> str:
    (card,) = await site.some_cards(1)
    return str(card)
