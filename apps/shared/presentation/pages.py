"""Pages over HTTP: `limit` and `cursor` in, `items` and `next_cursor` out."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response

from apps.shared.application.pages import Page
from apps.shared.domain.errors import Malformed
from apps.shared.presentation.bodies import Representation

Item = TypeVar("Item")
Shown = TypeVar("Shown", bound=Representation)

SIGNATURE_BYTES = 16
LONGEST_CURSOR = 1_000
CURSOR = "Where the page starts: the `next_cursor` of the one before, with the same filter."


class CursorMismatch(Malformed):
    """This cursor belongs to another list, filter or sort order, or was changed."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """Signs keys, so that a cursor fits only the list it was given for."""

    secret: bytes

    def seal(self, key: str, *, of: str) -> str:
        """Return the cursor that stands for a key in a list."""
        text = key.encode()
        return _encoded(self._sign(text, of) + text)

    def open(self, cursor: str, *, of: str) -> str:
        """Return the key; raise CursorMismatch for a cursor that was not sealed for this list."""
        try:
            raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as unreadable:
            raise CursorMismatch from unreadable
        signature, text = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        expected = self._sign(text, of)
        if not hmac.compare_digest(signature, expected) or cursor != _encoded(expected + text):
            raise CursorMismatch
        return text.decode()

    def _sign(self, text: bytes, of: str) -> bytes:
        message = len(text).to_bytes(4, "big") + text + of.encode(errors="replace")
        return hmac.digest(self.secret, message, "sha256")[:SIGNATURE_BYTES]


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Listed(Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


class Paging:
    """What one request asks of a list: how many items, and behind which key they start."""

    def __init__(self, request: Request, response: Response, cursors: Cursors, limit: int) -> None:
        self.limit = limit
        self._request = request
        self._response = response
        self._cursors = cursors

    @property
    def after(self) -> str | None:
        """The key behind which to start; None for the first page."""
        cursor = self._request.query_params.get("cursor")
        return None if cursor is None else self._cursors.open(cursor, of=self._list())

    def show(self, page: Page[Item]) -> Listed[Item]:
        """Say where the next page is, in the body and in a `Link` header (RFC 8288)."""
        if page.next is None:
            return Listed(list(page.items), None)
        cursor = self._cursors.seal(page.next, of=self._list())
        following = self._request.url.include_query_params(cursor=cursor)
        self._response.headers["Link"] = f'<{following}>; rel="next"'
        return Listed(list(page.items), cursor)

    def show_as(self, kind: type[Shown], page: Page[Any]) -> Listed[Shown]:
        """Show each item as this representation of it."""
        shown = [kind.model_validate(item) for item in page.items]
        return self.show(Page(shown, page.next))

    def _list(self) -> str:
        """The path and whatever narrows or orders the list; not how much of it is shown."""
        asked = self._request.query_params.multi_items()
        narrowing = sorted(pair for pair in asked if pair[0] not in {"cursor", "limit"})
        return json.dumps([self._request.url.path, narrowing])


async def paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=100, description="Items on a page.")] = 20,
    cursor: Annotated[str | None, Query(max_length=LONGEST_CURSOR, description=CURSOR)] = None,
) -> Paging:
    """Read the two parameters; the cursor is opened when the list is asked for."""
    del cursor  # declared here, read by `Paging.after`
    cursors = await request.app.state.dishka_container.get(Cursors)
    return Paging(request, response, cursors, limit)


PageAsked = Annotated[Paging, Depends(paging)]
